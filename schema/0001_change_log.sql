-- Writes the triggers that fill change_log, three for each table, from the tables' own columns: none is forgotten. A row of
-- this SELECT is a statement, which is run when the script has ended. A private key does not stand in the log.

WITH logged(t) AS (
  VALUES ('setting'), ('certificate'), ('public_key'), ('trust_anchor'), ('revocation_list'), ('sending_profile'),
    ('mail_flow_policy'), ('sender_group'), ('sender_group_member'), ('message_filter'), ('content_filter'),
    ('content_filter_action'), ('mail_policy'), ('mail_policy_member'), ('mail_policy_filter'), ('dictionary'),
    ('dictionary_term')),
col(t, c, cid, pk) AS (
  SELECT t, i.name, i.cid, i.pk FROM logged, pragma_table_info(t) i
  WHERE NOT (t = 'certificate' AND i.name = 'private_key')),
-- The row's name (its key) and its text "column=value ..."; @ stands for OLD or NEW.
line(t, key, text) AS (
  SELECT t,
    (SELECT group_concat('@.' || c, ' || '' '' || ') FROM (SELECT c FROM col WHERE col.t = l.t AND pk > 0 ORDER BY pk)),
    (SELECT group_concat('''' || c || '='' || quote(@.' || c || ')', ' || '' '' || ')
     FROM (SELECT c FROM col WHERE col.t = l.t ORDER BY cid))
  FROM logged l),
operation(o, named, old, new) AS (
  VALUES ('insert', 'NEW', 0, 1), ('update', 'NEW', 1, 1), ('delete', 'OLD', 1, 0))
SELECT 'CREATE TRIGGER ' || t || '_log_' || o || ' AFTER ' || upper(o) || ' ON ' || t || '
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES (''' || t || ''', '
    || replace(key, '@', named) || ', ''' || o || ''',
    ' || iif(old, replace(text, '@', 'OLD'), 'NULL') || ',
    ' || iif(new, replace(text, '@', 'NEW'), 'NULL') || ');
END'
FROM line, operation;
