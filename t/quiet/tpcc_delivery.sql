\set w random(1, :warehouses)
\set carrier random(1, 10)
BEGIN;
SELECT coalesce(min(no_o_id), 0) AS o FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 1 \gset
DELETE FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 1 AND no_o_id = :o;
SELECT coalesce(max(o_c_id), 1) AS c FROM tpcc.orders WHERE o_w_id = :w AND o_d_id = 1 AND o_id = :o \gset
UPDATE tpcc.orders SET o_carrier_id = :carrier WHERE o_w_id = :w AND o_d_id = 1 AND o_id = :o;
UPDATE tpcc.order_line SET ol_delivery_d = now() WHERE ol_w_id = :w AND ol_d_id = 1 AND ol_o_id = :o;
SELECT coalesce(sum(ol_amount), 0) AS total FROM tpcc.order_line WHERE ol_w_id = :w AND ol_d_id = 1 AND ol_o_id = :o \gset
UPDATE tpcc.customer SET c_balance = c_balance + :total, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_w_id = :w AND c_d_id = 1 AND c_id = :c;
SELECT coalesce(min(no_o_id), 0) AS o FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 2 \gset
DELETE FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 2 AND no_o_id = :o;
SELECT coalesce(max(o_c_id), 1) AS c FROM tpcc.orders WHERE o_w_id = :w AND o_d_id = 2 AND o_id = :o \gset
UPDATE tpcc.orders SET o_carrier_id = :carrier WHERE o_w_id = :w AND o_d_id = 2 AND o_id = :o;
UPDATE tpcc.order_line SET ol_delivery_d = now() WHERE ol_w_id = :w AND ol_d_id = 2 AND ol_o_id = :o;
SELECT coalesce(sum(ol_amount), 0) AS total FROM tpcc.order_line WHERE ol_w_id = :w AND ol_d_id = 2 AND ol_o_id = :o \gset
UPDATE tpcc.customer SET c_balance = c_balance + :total, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_w_id = :w AND c_d_id = 2 AND c_id = :c;
SELECT coalesce(min(no_o_id), 0) AS o FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 3 \gset
DELETE FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 3 AND no_o_id = :o;
SELECT coalesce(max(o_c_id), 1) AS c FROM tpcc.orders WHERE o_w_id = :w AND o_d_id = 3 AND o_id = :o \gset
UPDATE tpcc.orders SET o_carrier_id = :carrier WHERE o_w_id = :w AND o_d_id = 3 AND o_id = :o;
UPDATE tpcc.order_line SET ol_delivery_d = now() WHERE ol_w_id = :w AND ol_d_id = 3 AND ol_o_id = :o;
SELECT coalesce(sum(ol_amount), 0) AS total FROM tpcc.order_line WHERE ol_w_id = :w AND ol_d_id = 3 AND ol_o_id = :o \gset
UPDATE tpcc.customer SET c_balance = c_balance + :total, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_w_id = :w AND c_d_id = 3 AND c_id = :c;
SELECT coalesce(min(no_o_id), 0) AS o FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 4 \gset
DELETE FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 4 AND no_o_id = :o;
SELECT coalesce(max(o_c_id), 1) AS c FROM tpcc.orders WHERE o_w_id = :w AND o_d_id = 4 AND o_id = :o \gset
UPDATE tpcc.orders SET o_carrier_id = :carrier WHERE o_w_id = :w AND o_d_id = 4 AND o_id = :o;
UPDATE tpcc.order_line SET ol_delivery_d = now() WHERE ol_w_id = :w AND ol_d_id = 4 AND ol_o_id = :o;
SELECT coalesce(sum(ol_amount), 0) AS total FROM tpcc.order_line WHERE ol_w_id = :w AND ol_d_id = 4 AND ol_o_id = :o \gset
UPDATE tpcc.customer SET c_balance = c_balance + :total, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_w_id = :w AND c_d_id = 4 AND c_id = :c;
SELECT coalesce(min(no_o_id), 0) AS o FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 5 \gset
DELETE FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 5 AND no_o_id = :o;
SELECT coalesce(max(o_c_id), 1) AS c FROM tpcc.orders WHERE o_w_id = :w AND o_d_id = 5 AND o_id = :o \gset
UPDATE tpcc.orders SET o_carrier_id = :carrier WHERE o_w_id = :w AND o_d_id = 5 AND o_id = :o;
UPDATE tpcc.order_line SET ol_delivery_d = now() WHERE ol_w_id = :w AND ol_d_id = 5 AND ol_o_id = :o;
SELECT coalesce(sum(ol_amount), 0) AS total FROM tpcc.order_line WHERE ol_w_id = :w AND ol_d_id = 5 AND ol_o_id = :o \gset
UPDATE tpcc.customer SET c_balance = c_balance + :total, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_w_id = :w AND c_d_id = 5 AND c_id = :c;
SELECT coalesce(min(no_o_id), 0) AS o FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 6 \gset
DELETE FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 6 AND no_o_id = :o;
SELECT coalesce(max(o_c_id), 1) AS c FROM tpcc.orders WHERE o_w_id = :w AND o_d_id = 6 AND o_id = :o \gset
UPDATE tpcc.orders SET o_carrier_id = :carrier WHERE o_w_id = :w AND o_d_id = 6 AND o_id = :o;
UPDATE tpcc.order_line SET ol_delivery_d = now() WHERE ol_w_id = :w AND ol_d_id = 6 AND ol_o_id = :o;
SELECT coalesce(sum(ol_amount), 0) AS total FROM tpcc.order_line WHERE ol_w_id = :w AND ol_d_id = 6 AND ol_o_id = :o \gset
UPDATE tpcc.customer SET c_balance = c_balance + :total, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_w_id = :w AND c_d_id = 6 AND c_id = :c;
SELECT coalesce(min(no_o_id), 0) AS o FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 7 \gset
DELETE FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 7 AND no_o_id = :o;
SELECT coalesce(max(o_c_id), 1) AS c FROM tpcc.orders WHERE o_w_id = :w AND o_d_id = 7 AND o_id = :o \gset
UPDATE tpcc.orders SET o_carrier_id = :carrier WHERE o_w_id = :w AND o_d_id = 7 AND o_id = :o;
UPDATE tpcc.order_line SET ol_delivery_d = now() WHERE ol_w_id = :w AND ol_d_id = 7 AND ol_o_id = :o;
SELECT coalesce(sum(ol_amount), 0) AS total FROM tpcc.order_line WHERE ol_w_id = :w AND ol_d_id = 7 AND ol_o_id = :o \gset
UPDATE tpcc.customer SET c_balance = c_balance + :total, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_w_id = :w AND c_d_id = 7 AND c_id = :c;
SELECT coalesce(min(no_o_id), 0) AS o FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 8 \gset
DELETE FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 8 AND no_o_id = :o;
SELECT coalesce(max(o_c_id), 1) AS c FROM tpcc.orders WHERE o_w_id = :w AND o_d_id = 8 AND o_id = :o \gset
UPDATE tpcc.orders SET o_carrier_id = :carrier WHERE o_w_id = :w AND o_d_id = 8 AND o_id = :o;
UPDATE tpcc.order_line SET ol_delivery_d = now() WHERE ol_w_id = :w AND ol_d_id = 8 AND ol_o_id = :o;
SELECT coalesce(sum(ol_amount), 0) AS total FROM tpcc.order_line WHERE ol_w_id = :w AND ol_d_id = 8 AND ol_o_id = :o \gset
UPDATE tpcc.customer SET c_balance = c_balance + :total, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_w_id = :w AND c_d_id = 8 AND c_id = :c;
SELECT coalesce(min(no_o_id), 0) AS o FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 9 \gset
DELETE FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 9 AND no_o_id = :o;
SELECT coalesce(max(o_c_id), 1) AS c FROM tpcc.orders WHERE o_w_id = :w AND o_d_id = 9 AND o_id = :o \gset
UPDATE tpcc.orders SET o_carrier_id = :carrier WHERE o_w_id = :w AND o_d_id = 9 AND o_id = :o;
UPDATE tpcc.order_line SET ol_delivery_d = now() WHERE ol_w_id = :w AND ol_d_id = 9 AND ol_o_id = :o;
SELECT coalesce(sum(ol_amount), 0) AS total FROM tpcc.order_line WHERE ol_w_id = :w AND ol_d_id = 9 AND ol_o_id = :o \gset
UPDATE tpcc.customer SET c_balance = c_balance + :total, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_w_id = :w AND c_d_id = 9 AND c_id = :c;
SELECT coalesce(min(no_o_id), 0) AS o FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 10 \gset
DELETE FROM tpcc.new_order WHERE no_w_id = :w AND no_d_id = 10 AND no_o_id = :o;
SELECT coalesce(max(o_c_id), 1) AS c FROM tpcc.orders WHERE o_w_id = :w AND o_d_id = 10 AND o_id = :o \gset
UPDATE tpcc.orders SET o_carrier_id = :carrier WHERE o_w_id = :w AND o_d_id = 10 AND o_id = :o;
UPDATE tpcc.order_line SET ol_delivery_d = now() WHERE ol_w_id = :w AND ol_d_id = 10 AND ol_o_id = :o;
SELECT coalesce(sum(ol_amount), 0) AS total FROM tpcc.order_line WHERE ol_w_id = :w AND ol_d_id = 10 AND ol_o_id = :o \gset
UPDATE tpcc.customer SET c_balance = c_balance + :total, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_w_id = :w AND c_d_id = 10 AND c_id = :c;
COMMIT;
