-- Schemas and the numbering that all feature tables share.
-- `geoplatform` holds functions, `history` the closed versions of each table (written by triggers alone).
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE SCHEMA IF NOT EXISTS geoplatform;
CREATE SCHEMA IF NOT EXISTS history;
CREATE SEQUENCE IF NOT EXISTS public.geoplatform_fid AS bigint;

-- Which tables the database looks after; written when a table's triggers are installed.
CREATE TABLE IF NOT EXISTS geoplatform.kept (
    table_name text PRIMARY KEY,
    geometry_column text,       -- NULL: the table has none
    in_territory boolean NOT NULL  -- it has municipality_id and quarter_id, assigned by place
);

-- Foreign keys that the database keeps without a constraint; written with the triggers of the table that has them.
CREATE TABLE IF NOT EXISTS geoplatform.referring (
    table_name text, column_name text, target text NOT NULL,
    PRIMARY KEY (table_name, column_name)
);
