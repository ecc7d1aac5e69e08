-- A narrow filter over many items finds its page without walking through all of the others.
create index item_by_urgency on item (urgency, next_due_at, id);
create index item_by_lang on item (lang, next_due_at, id);
