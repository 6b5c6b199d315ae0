\set w random(1, :warehouses)
\set d random(1, 10)
\set c random(1, 300)
\set name random(0, 99)
BEGIN;
UPDATE tpcc.warehouse SET w_ytd = w_ytd + 10 WHERE w_id = :w RETURNING w_name;
UPDATE tpcc.district SET d_ytd = d_ytd + 10 WHERE d_w_id = :w AND d_id = :d RETURNING d_name;
SELECT count(*) AS namesakes FROM tpcc.customer WHERE c_w_id = :w AND c_d_id = :d AND c_last = 'last' || :name \gset
SELECT c_id AS c FROM tpcc.customer WHERE c_w_id = :w AND c_d_id = :d AND c_last = 'last' || :name ORDER BY c_first LIMIT 1 OFFSET :namesakes / 2 \gset
UPDATE tpcc.customer SET c_balance = c_balance - 10, c_ytd_payment = c_ytd_payment + 10, c_payment_cnt = c_payment_cnt + 1 WHERE c_w_id = :w AND c_d_id = :d AND c_id = :c RETURNING c_balance, c_credit;
INSERT INTO tpcc.history VALUES (:c, :d, :w, :d, :w, now(), 10, 'payment');
COMMIT;
