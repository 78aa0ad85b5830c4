//! Rules every note keeps, over random cues, seeds, moods and meters.
