-- SPDX-License-Identifier: GPL-3.0-or-later
-- Secrets, sealed: what the placeholders in the exchanges of an epoch (exchange id >> 12) stand for. One row for each different
-- secret of an epoch, so that it goes when the last exchange that may need it goes, and inserts touch few pages.

CREATE TABLE sealed (
    epoch INTEGER NOT NULL,
    placeholder BLOB NOT NULL,            -- the 6 bytes that it writes in hex
    kinds INTEGER NOT NULL,               -- bits: 1 it stood as a text, 2 as a value of JSON without quotes
    key BLOB NOT NULL,                    -- which key sealed it: the first 8 bytes of a hash of it
    nonce BLOB NOT NULL,                  -- 12 bytes
    box BLOB NOT NULL,                    -- AES-256-GCM: the secret, then 16 bytes of tag (storage/sealing.h)
    PRIMARY KEY (epoch, placeholder)
) WITHOUT ROWID;

INSERT OR IGNORE INTO meta VALUES ('recording_id', lower(hex(randomblob(16))));
