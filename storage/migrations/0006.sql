-- SPDX-License-Identifier: GPL-3.0-or-later
-- The recording, version 6. A row an exchange, with its indexes and a blob of its own, was two thirds of what recording cost; runs of up
-- to 64 exchanges are written as one. What is here in the former way is moved when the recorder starts (storage/former_rows.h).

CREATE TABLE segment (
    id INTEGER PRIMARY KEY,               -- of its first exchange; the others follow without a gap
    last INTEGER NOT NULL,                -- id of its last one; both in the same block
    bytes INTEGER NOT NULL,               -- that it takes here and elsewhere, about
    rows BLOB NOT NULL                    -- storage/segment_columns.h
);

-- What only one exchange at a time is asked for.
CREATE TABLE segment_detail (
    id INTEGER PRIMARY KEY,               -- of the segment
    bytes BLOB NOT NULL                   -- storage/segment_details.h
);

-- Contents that are too large to be read with their neighbours.
CREATE TABLE body (
    id INTEGER PRIMARY KEY,               -- exchange << 1 | 1 for that of the answer
    packed INTEGER NOT NULL,              -- 1: as storage/packing.h has it
    bytes BLOB NOT NULL
);

-- What is looked for most is rare: these find it one by one. field: as in block; 15 is replay_of.
CREATE TABLE rare (
    field INTEGER NOT NULL,
    value INTEGER NOT NULL,
    id INTEGER NOT NULL,                  -- of the exchange
    PRIMARY KEY (field, value, id)
) WITHOUT ROWID;

DELETE FROM span;                         -- made anew while rows are moved
DROP INDEX exchange_by_bits;
DROP INDEX exchange_by_replay;
DROP INDEX exchange_by_trace;
DROP INDEX exchange_by_request;
DROP INDEX exchange_by_error;
DROP INDEX exchange_by_slowness;
ALTER TABLE exchange RENAME TO former_exchange;
ALTER TABLE message RENAME TO former_message;
