\set w random(1, :warehouses)
\set d random(1, 10)
\set c random(1, 300)
BEGIN;
SELECT w_tax FROM tpcc.warehouse WHERE w_id = :w;
SELECT c_discount, c_last, c_credit FROM tpcc.customer WHERE c_w_id = :w AND c_d_id = :d AND c_id = :c;
UPDATE tpcc.district SET d_next_o_id = d_next_o_id + 1 WHERE d_w_id = :w AND d_id = :d RETURNING d_next_o_id - 1 AS o, d_tax \gset
INSERT INTO tpcc.orders VALUES (:w, :d, :o, :c, now(), NULL, 6);
INSERT INTO tpcc.new_order VALUES (:w, :d, :o);
\set i random(1, 1600)
SELECT i_price, i_name, i_data FROM tpcc.item WHERE i_id = :i;
SELECT s_quantity, s_data, s_dist FROM tpcc.stock WHERE s_w_id = :w AND s_i_id = :i FOR UPDATE;
UPDATE tpcc.stock SET s_quantity = CASE WHEN s_quantity >= 15 THEN s_quantity - 5 ELSE s_quantity + 86 END, s_ytd = s_ytd + 5, s_order_cnt = s_order_cnt + 1 WHERE s_w_id = :w AND s_i_id = :i;
INSERT INTO tpcc.order_line VALUES (:w, :d, :o, 1, :i, :w, NULL, 5, 10, 'info');
\set i random(1601, 3200)
SELECT i_price, i_name, i_data FROM tpcc.item WHERE i_id = :i;
SELECT s_quantity, s_data, s_dist FROM tpcc.stock WHERE s_w_id = :w AND s_i_id = :i FOR UPDATE;
UPDATE tpcc.stock SET s_quantity = CASE WHEN s_quantity >= 15 THEN s_quantity - 5 ELSE s_quantity + 86 END, s_ytd = s_ytd + 5, s_order_cnt = s_order_cnt + 1 WHERE s_w_id = :w AND s_i_id = :i;
INSERT INTO tpcc.order_line VALUES (:w, :d, :o, 2, :i, :w, NULL, 5, 10, 'info');
\set i random(3201, 4800)
SELECT i_price, i_name, i_data FROM tpcc.item WHERE i_id = :i;
SELECT s_quantity, s_data, s_dist FROM tpcc.stock WHERE s_w_id = :w AND s_i_id = :i FOR UPDATE;
UPDATE tpcc.stock SET s_quantity = CASE WHEN s_quantity >= 15 THEN s_quantity - 5 ELSE s_quantity + 86 END, s_ytd = s_ytd + 5, s_order_cnt = s_order_cnt + 1 WHERE s_w_id = :w AND s_i_id = :i;
INSERT INTO tpcc.order_line VALUES (:w, :d, :o, 3, :i, :w, NULL, 5, 10, 'info');
\set i random(4801, 6400)
SELECT i_price, i_name, i_data FROM tpcc.item WHERE i_id = :i;
SELECT s_quantity, s_data, s_dist FROM tpcc.stock WHERE s_w_id = :w AND s_i_id = :i FOR UPDATE;
UPDATE tpcc.stock SET s_quantity = CASE WHEN s_quantity >= 15 THEN s_quantity - 5 ELSE s_quantity + 86 END, s_ytd = s_ytd + 5, s_order_cnt = s_order_cnt + 1 WHERE s_w_id = :w AND s_i_id = :i;
INSERT INTO tpcc.order_line VALUES (:w, :d, :o, 4, :i, :w, NULL, 5, 10, 'info');
\set i random(6401, 8000)
SELECT i_price, i_name, i_data FROM tpcc.item WHERE i_id = :i;
SELECT s_quantity, s_data, s_dist FROM tpcc.stock WHERE s_w_id = :w AND s_i_id = :i FOR UPDATE;
UPDATE tpcc.stock SET s_quantity = CASE WHEN s_quantity >= 15 THEN s_quantity - 5 ELSE s_quantity + 86 END, s_ytd = s_ytd + 5, s_order_cnt = s_order_cnt + 1 WHERE s_w_id = :w AND s_i_id = :i;
INSERT INTO tpcc.order_line VALUES (:w, :d, :o, 5, :i, :w, NULL, 5, 10, 'info');
\set i random(8001, 9600)
SELECT i_price, i_name, i_data FROM tpcc.item WHERE i_id = :i;
SELECT s_quantity, s_data, s_dist FROM tpcc.stock WHERE s_w_id = :w AND s_i_id = :i FOR UPDATE;
UPDATE tpcc.stock SET s_quantity = CASE WHEN s_quantity >= 15 THEN s_quantity - 5 ELSE s_quantity + 86 END, s_ytd = s_ytd + 5, s_order_cnt = s_order_cnt + 1 WHERE s_w_id = :w AND s_i_id = :i;
INSERT INTO tpcc.order_line VALUES (:w, :d, :o, 6, :i, :w, NULL, 5, 10, 'info');
COMMIT;
