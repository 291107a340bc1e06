-- The plan with proof: what was done with each question and why, and what became of the words that are owed. JSON.

ALTER TABLE questions ADD COLUMN proof TEXT;
ALTER TABLE sessions ADD COLUMN plan TEXT;
