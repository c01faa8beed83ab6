-- SPDX-License-Identifier: GPL-3.0-or-later
-- The recording, version 2. An index with a row for each exchange is the dearest part of recording; most fields have few
-- values, and knowing in which runs of ids a value occurs at all finds its exchanges as quickly.

-- field: as in name.kind, then 11 status, 12 latency_class, 13 bits, 14 failed_by. block: exchange id >> 7.
CREATE TABLE block (
    field INTEGER NOT NULL,
    value INTEGER NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (field, value, block)
) WITHOUT ROWID;
CREATE INDEX block_by_number ON block (block);   -- for retention

INSERT OR IGNORE INTO block SELECT DISTINCT 1, method, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 2, host, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 3, client, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 4, user, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 5, route, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 6, service, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 7, endpoint, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 8, version, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 9, cache, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 10, breaker, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 11, status, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 12, latency_class, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 13, bits, id >> 7 FROM exchange;
INSERT OR IGNORE INTO block SELECT DISTINCT 14, failed_by, id >> 7 FROM exchange;

DROP INDEX exchange_by_status;
DROP INDEX exchange_by_route;
DROP INDEX exchange_by_service;
DROP INDEX exchange_by_client;
DROP INDEX exchange_by_latency;

-- What is looked for most is rare: these find it row by row.
CREATE INDEX exchange_by_error ON exchange (status) WHERE status >= 400;
CREATE INDEX exchange_by_slowness ON exchange (latency_class) WHERE latency_class >= 8;   -- 128 ms and more

-- What message.detail is packed against: each holds for the ids from its own on, until the next.
CREATE TABLE dictionary (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,                -- when the oldest of what it is made of began, microseconds since 1970
    bytes BLOB NOT NULL
);
