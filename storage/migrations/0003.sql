-- SPDX-License-Identifier: GPL-3.0-or-later
-- The recording, version 3. Knowing in which blocks a value occurs does not find what two values have in common, nor what lacks one:
-- bit n of low is the block's id n, bit n of high its id 64 + n. Null: any of them may have the value.
ALTER TABLE block ADD COLUMN low INTEGER;
ALTER TABLE block ADD COLUMN high INTEGER;
