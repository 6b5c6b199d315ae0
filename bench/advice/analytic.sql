-- An analytic schema with primary keys only, and what is asked of it. :scale 1 is 1 GB.
CREATE TABLE region (r_regionkey int PRIMARY KEY, r_name text NOT NULL);
CREATE TABLE nation (n_nationkey int PRIMARY KEY, n_name text NOT NULL, n_regionkey int NOT NULL);
CREATE TABLE supplier (s_suppkey int PRIMARY KEY, s_name text NOT NULL, s_nationkey int NOT NULL,
    s_acctbal numeric NOT NULL, s_address text NOT NULL);
CREATE TABLE customer (c_custkey int PRIMARY KEY, c_name text NOT NULL, c_nationkey int NOT NULL,
    c_mktsegment text NOT NULL, c_acctbal numeric NOT NULL, c_phone text NOT NULL, c_address text NOT NULL);
CREATE TABLE part (p_partkey int PRIMARY KEY, p_name text NOT NULL, p_brand text NOT NULL, p_type text NOT NULL,
    p_size int NOT NULL, p_container text NOT NULL, p_price numeric NOT NULL);
CREATE TABLE partsupp (ps_partkey int, ps_suppkey int, ps_availqty int NOT NULL, ps_cost numeric NOT NULL,
    ps_comment text NOT NULL, PRIMARY KEY (ps_partkey, ps_suppkey));
CREATE TABLE orders (o_orderkey int PRIMARY KEY, o_custkey int NOT NULL, o_status "char" NOT NULL,
    o_total numeric NOT NULL, o_orderdate date NOT NULL, o_priority text NOT NULL, o_clerk text NOT NULL,
    o_comment text NOT NULL);
CREATE TABLE lineitem (l_orderkey int, l_linenumber int, l_partkey int NOT NULL, l_suppkey int NOT NULL,
    l_quantity int NOT NULL, l_price numeric NOT NULL, l_discount numeric NOT NULL,
    l_returnflag "char" NOT NULL, l_shipdate date NOT NULL, l_commitdate date NOT NULL,
    l_receiptdate date NOT NULL, l_shipmode text NOT NULL, l_comment text NOT NULL,
    PRIMARY KEY (l_orderkey, l_linenumber));

SELECT setseed(0.25);
\set suppliers 'greatest(10000 * :scale, 100)::int'
\set customers 'greatest(150000 * :scale, 1500)::int'
\set parts 'greatest(200000 * :scale, 2000)::int'
\set n_orders 'greatest(1500000 * :scale, 15000)::int'
INSERT INTO region SELECT i, (ARRAY['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'])[i + 1] FROM generate_series(0, 4) i;
INSERT INTO nation SELECT i, 'NATION ' || i, i % 5 FROM generate_series(0, 24) i;
INSERT INTO supplier SELECT i, 'Supplier ' || i, random() * 24, (random() * 11000 - 1000)::numeric(12, 2), md5(i::text)
    FROM generate_series(1, :suppliers) i;
INSERT INTO customer SELECT i, 'Customer ' || i, random() * 24,
    (ARRAY['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'HOUSEHOLD', 'MACHINERY'])[1 + floor(random() * 5)::int],
    (random() * 11000 - 1000)::numeric(12, 2), to_char(random() * 1e9, 'FM000000000'), repeat(md5(i::text), 2)
    FROM generate_series(1, :customers) i;
INSERT INTO part SELECT i, md5(i::text) || ' ' || md5((i + 1)::text), 'Brand#' || 11 + floor(random() * 25)::int,
    'TYPE ' || floor(random() * 150)::int, 1 + floor(random() * 50)::int, 'BOX ' || floor(random() * 40)::int,
    900 + i % 1000 FROM generate_series(1, :parts) i;
INSERT INTO partsupp SELECT i, 1 + (i * 7 + j * (:suppliers / 4 + 1)) % :suppliers, random() * 9999,
    (random() * 1000)::numeric(12, 2), repeat(md5((i + j)::text), 3)
    FROM generate_series(1, :parts) i, generate_series(0, 3) j;
INSERT INTO orders SELECT i * 4, 1 + floor(random() * (:customers - :customers / 3))::int, CASE WHEN random() < 0.49 THEN 'O' WHEN random() < 0.95 THEN 'F' ELSE 'P' END,
    (random() * 400000)::numeric(12, 2), date '1992-01-01' + floor(random() * 2400)::int,
    (ARRAY['1-URGENT', '2-HIGH', '3-MEDIUM', '4-LOW', '5-NONE'])[1 + floor(random() * 5)::int],
    'Clerk#' || floor(random() * 1000)::int, md5(i::text) || md5((i / 2)::text)
    FROM generate_series(1, :n_orders) i;
INSERT INTO lineitem SELECT o_orderkey, j, p, 1 + (p * 7 + floor(random() * 4)::int * (:suppliers / 4 + 1)) % :suppliers,
    1 + floor(random() * 50)::int, (900 + random() * 90000)::numeric(12, 2), floor(random() * 11)::numeric / 100,
    (ARRAY['R', 'A', 'N', 'N'])[1 + floor(random() * 4)::int], s, o_orderdate + 30 + floor(random() * 60)::int,
    s + 1 + floor(random() * 30)::int,
    (ARRAY['AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB', 'REG AIR'])[1 + floor(random() * 7)::int], md5(j::text)
    FROM (SELECT o_orderkey, o_orderdate, j, 1 + floor(random() * :parts)::int AS p,
                 o_orderdate + 1 + floor(random() * 121)::int AS s
          FROM orders, generate_series(1, 7) j WHERE random() < 0.57) x;
VACUUM ANALYZE;

CREATE SCHEMA bench;
CREATE TABLE bench.queries (id int GENERATED ALWAYS AS IDENTITY, name text, weight int, query text, params text);
INSERT INTO bench.queries (name, weight, query, params) VALUES
('shipped_in_month', 3, $$SELECT sum(l_price * l_discount) FROM lineitem WHERE l_shipdate >= date '1994-01-01' AND l_shipdate < date '1994-02-01' AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24$$, ''),
('pricing_summary', 1, $$SELECT l_returnflag, sum(l_quantity), sum(l_price), avg(l_discount), count(*) FROM lineitem WHERE l_shipdate <= date '1998-05-01' GROUP BY l_returnflag ORDER BY l_returnflag$$, ''),
('segment_open_orders', 2, $$SELECT l_orderkey, sum(l_price * (1 - l_discount)) AS revenue, o_orderdate FROM customer, orders, lineitem WHERE c_mktsegment = 'BUILDING' AND c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate < date '1995-03-15' AND l_shipdate > date '1995-03-15' GROUP BY l_orderkey, o_orderdate ORDER BY revenue DESC LIMIT 10$$, ''),
('late_orders_by_priority', 2, $$SELECT o_priority, count(*) FROM orders WHERE o_orderdate >= date '1993-07-01' AND o_orderdate < date '1993-10-01' AND EXISTS (SELECT FROM lineitem WHERE l_orderkey = o_orderkey AND l_commitdate < l_receiptdate) GROUP BY o_priority ORDER BY o_priority$$, ''),
('revenue_by_nation', 2, $$SELECT n_name, sum(l_price * (1 - l_discount)) AS revenue FROM customer, orders, lineitem, supplier, nation, region WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND l_suppkey = s_suppkey AND c_nationkey = s_nationkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'ASIA' AND o_orderdate >= date '1994-01-01' AND o_orderdate < date '1994-04-01' GROUP BY n_name ORDER BY revenue DESC$$, ''),
('part_suppliers', 5, $$SELECT s_name, ps_cost, ps_availqty FROM partsupp JOIN supplier ON s_suppkey = ps_suppkey WHERE ps_partkey = 155 ORDER BY ps_cost$$, ''),
('cheapest_supplier', 2, $$SELECT s_name, p_partkey, ps_cost FROM part, supplier, partsupp, nation WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND p_size = 15 AND p_type = 'TYPE 42' AND s_nationkey = n_nationkey AND ps_cost = (SELECT min(ps_cost) FROM partsupp x WHERE x.ps_partkey = p_partkey) ORDER BY s_name LIMIT 100$$, ''),
('part_sales', 4, $$SELECT count(*), sum(l_quantity), sum(l_price) FROM lineitem WHERE l_partkey = 1234$$, ''),
('small_quantity', 1, $$SELECT sum(l_price) / 7 FROM lineitem, part WHERE p_partkey = l_partkey AND p_brand = 'Brand#23' AND p_container = 'BOX 7' AND l_quantity < (SELECT 0.2 * avg(l_quantity) FROM lineitem y WHERE y.l_partkey = p_partkey)$$, ''),
('customer_history', 6, $$SELECT o_orderkey, o_orderdate, o_total FROM orders WHERE o_custkey = 777 ORDER BY o_orderdate DESC LIMIT 20$$, ''),
('returned_items', 1, $$SELECT c_custkey, c_name, sum(l_price * (1 - l_discount)) AS lost FROM customer, orders, lineitem WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate >= date '1993-10-01' AND o_orderdate < date '1993-11-01' AND l_returnflag = 'R' GROUP BY c_custkey, c_name ORDER BY lost DESC LIMIT 20$$, ''),
('supplier_stock', 2, $$SELECT ps_partkey, sum(ps_cost * ps_availqty) AS value FROM partsupp, supplier WHERE ps_suppkey = s_suppkey AND s_nationkey = 7 GROUP BY ps_partkey ORDER BY value DESC LIMIT 50$$, ''),
('ship_modes', 1, $$SELECT l_shipmode, count(*) FROM orders, lineitem WHERE o_orderkey = l_orderkey AND l_shipmode IN ('MAIL', 'SHIP') AND l_receiptdate >= date '1994-03-01' AND l_receiptdate < date '1994-04-01' AND l_commitdate < l_receiptdate GROUP BY l_shipmode$$, ''),
('top_supplier_of_month', 1, $$SELECT l_suppkey, sum(l_price) AS total FROM lineitem WHERE l_shipdate >= date '1996-01-01' AND l_shipdate < date '1996-02-01' GROUP BY l_suppkey ORDER BY total DESC LIMIT 1$$, ''),
('parts_in_stock', 1, $$SELECT p_brand, p_size, count(DISTINCT ps_suppkey) FROM partsupp, part WHERE p_partkey = ps_partkey AND p_brand = 'Brand#45' AND p_size IN (9, 14, 23) GROUP BY p_brand, p_size$$, ''),
('clerk_of_day', 3, $$SELECT o_orderkey, o_total FROM orders WHERE o_clerk = 'Clerk#88' AND o_orderdate >= date '1995-01-01' AND o_orderdate < date '1996-01-01'$$, ''),
('rich_customers', 2, $$SELECT c_custkey, c_name, c_acctbal FROM customer WHERE c_nationkey = 9 AND c_acctbal > 9500 ORDER BY c_acctbal DESC LIMIT 25$$, ''),
('customers_without_orders', 1, $$SELECT c_nationkey, count(*), sum(c_acctbal) FROM customer WHERE c_acctbal > 9000 AND NOT EXISTS (SELECT FROM orders WHERE o_custkey = c_custkey) GROUP BY c_nationkey$$, ''),
('supplier_lines', 2, $$SELECT o_orderkey, o_orderdate, l_quantity FROM supplier, lineitem, orders WHERE s_name = 'Supplier 33' AND l_suppkey = s_suppkey AND o_orderkey = l_orderkey AND l_shipdate >= date '1996-01-01' AND l_shipdate < date '1996-07-01'$$, ''),
('promised_late', 1, $$SELECT count(*) FROM lineitem JOIN orders ON o_orderkey = l_orderkey WHERE l_receiptdate > l_commitdate + 80 AND o_status = 'P'$$, ''),
('newest_orders', 4, $$SELECT o_orderkey, o_custkey, o_total FROM orders ORDER BY o_orderdate DESC, o_orderkey LIMIT 50$$, ''),
('big_orders', 1, $$SELECT c_name, o_orderkey, o_total FROM orders JOIN customer ON c_custkey = o_custkey WHERE o_total > 399000 ORDER BY o_total DESC LIMIT 100$$, ''),
('nation_pair_trade', 1, $$SELECT extract(year FROM l_shipdate) AS y, sum(l_price) FROM supplier, lineitem, orders, customer WHERE s_suppkey = l_suppkey AND o_orderkey = l_orderkey AND c_custkey = o_custkey AND s_nationkey = 3 AND c_nationkey = 17 AND l_shipdate BETWEEN date '1995-01-01' AND date '1996-12-31' GROUP BY 1$$, '');
