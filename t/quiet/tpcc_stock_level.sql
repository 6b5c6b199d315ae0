\set w random(1, :warehouses)
\set d random(1, 10)
SELECT d_next_o_id AS next FROM tpcc.district WHERE d_w_id = :w AND d_id = :d \gset
SELECT count(DISTINCT s_i_id) FROM tpcc.order_line JOIN tpcc.stock ON s_w_id = ol_w_id AND s_i_id = ol_i_id WHERE ol_w_id = :w AND ol_d_id = :d AND ol_o_id >= :next - 20 AND ol_o_id < :next AND s_quantity < 15;
