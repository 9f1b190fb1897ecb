-- trace_parent: the span that asked for the operation, as W3C's traceparent; null where nobody traces.
ALTER TABLE operations ADD COLUMN trace_parent TEXT;
