-- As the database's administrator.
CREATE ROLE shop LOGIN PASSWORD 'only for the lab';
CREATE DATABASE shop OWNER shop;
\connect shop
CREATE TABLE orders (id bigserial PRIMARY KEY, packed_by text);
CREATE INDEX queue ON orders (id) WHERE packed_by IS NULL;
ALTER TABLE orders OWNER TO shop;
