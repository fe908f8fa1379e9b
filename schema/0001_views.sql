-- Views: questions that an administrator has, answered in the sqlite3 shell.  smime-policy(5).

-- ---- what is there, in the order in which it is asked ----

CREATE VIEW sender_group_order AS
  SELECT g.position, g.name AS sender_group,
    coalesce((SELECT group_concat(trim(m.kind || ' ' || m.value), ', ') FROM sender_group_member m WHERE m.sender_group = g.name), '(nobody)') AS members,
    g.mail_flow_policy, iif(f.behavior = 'relay', 'outgoing', 'incoming') AS direction, f.smime_open, f.harvest
  FROM sender_group g JOIN mail_flow_policy f ON f.name = g.mail_flow_policy
  ORDER BY g.position, g.name;

CREATE VIEW mail_policy_order AS
  SELECT p.direction, p.position, p.name AS mail_policy,
    coalesce((SELECT group_concat(iif(m.negate, 'not ', '') || m.pattern, iif(p.senders = 'all', ' and ', ', ')) FROM mail_policy_member m WHERE m.mail_policy = p.name AND m.side = 'sender'), 'anybody') AS sender_members,
    iif(p.sides = 'either', 'or', 'and') AS sides,
    coalesce((SELECT group_concat(iif(m.negate, 'not ', '') || m.pattern, iif(p.recipients = 'all', ' and ', ', ')) FROM mail_policy_member m WHERE m.mail_policy = p.name AND m.side = 'recipient'), 'anybody') AS recipient_members,
    coalesce((SELECT group_concat(t.line, '; ') FROM
      (SELECT f.content_filter || iif(c.enabled, '', ' (disabled)') || ': ' ||
        coalesce((SELECT group_concat(a.action || iif(a.sending_profile IS NULL, '', ' ' || a.sending_profile), ', ') FROM content_filter_action a WHERE a.content_filter = f.content_filter), '(no action)') AS line
      FROM mail_policy_filter f JOIN content_filter c ON c.name = f.content_filter
      WHERE f.mail_policy = p.name ORDER BY f.position) t), '(no filters)') AS content_filters
  FROM mail_policy p ORDER BY p.direction, p.position, p.name;

-- Rows that have no effect as they stand, and what is missing.
CREATE VIEW idle AS
  SELECT 'sender_group' AS table_name, name AS row_name, 'it has no members: add rows to sender_group_member' AS why FROM sender_group
    WHERE NOT EXISTS (SELECT 1 FROM sender_group_member WHERE sender_group = sender_group.name)
  UNION ALL SELECT 'mail_policy', name, 'it has no members: add rows to mail_policy_member' FROM mail_policy
    WHERE name NOT IN ('default-incoming', 'default-outgoing') AND NOT EXISTS (SELECT 1 FROM mail_policy_member WHERE mail_policy = mail_policy.name)
  UNION ALL SELECT 'mail_policy', name, 'it has no content filters: add rows to mail_policy_filter (for these recipients nothing is done)' FROM mail_policy
    WHERE name NOT IN ('default-incoming', 'default-outgoing') AND NOT EXISTS (SELECT 1 FROM mail_policy_filter WHERE mail_policy = mail_policy.name)
  UNION ALL SELECT 'content_filter', name, 'no mail policy runs it: add a row to mail_policy_filter' FROM content_filter
    WHERE NOT EXISTS (SELECT 1 FROM mail_policy_filter WHERE content_filter = content_filter.name)
  UNION ALL SELECT 'content_filter', name, 'it has no action: add a row to content_filter_action' FROM content_filter
    WHERE NOT EXISTS (SELECT 1 FROM content_filter_action WHERE content_filter = content_filter.name)
  UNION ALL SELECT 'content_filter', name, 'enabled is 0' FROM content_filter WHERE NOT enabled
  UNION ALL SELECT 'message_filter', name, 'enabled is 0' FROM message_filter WHERE NOT enabled
  UNION ALL SELECT 'mail_flow_policy', name, 'no sender group names it' FROM mail_flow_policy
    WHERE NOT EXISTS (SELECT 1 FROM sender_group WHERE mail_flow_policy = mail_flow_policy.name)
  UNION ALL SELECT 'dictionary', name, 'it has no terms: add rows to dictionary_term' FROM dictionary
    WHERE NOT EXISTS (SELECT 1 FROM dictionary_term WHERE dictionary = dictionary.name);

-- ---- which policy row applies ----

-- Put envelopes in, read the view answer: rows with the same sender and direction are one message.
CREATE TABLE ask (
  sender    TEXT NOT NULL,
  recipient TEXT NOT NULL,
  direction TEXT NOT NULL DEFAULT 'outgoing',
  PRIMARY KEY (sender, recipient, direction),
  CONSTRAINT "ask.direction must be incoming or outgoing" CHECK (direction IN ('incoming', 'outgoing')),
  CONSTRAINT "ask.sender and recipient are addresses, user@domain (the empty sender is the null one)" CHECK (recipient LIKE '%_@_%' AND (sender = '' OR sender LIKE '%_@_%'))
) STRICT, WITHOUT ROWID;

-- Every member of every policy against every address of its side; recipients.c does the same.
CREATE VIEW ask_member AS
  WITH address AS (
    SELECT sender, recipient, direction, 'sender' AS side, lower(sender) AS whole FROM ask
    UNION ALL SELECT sender, recipient, direction, 'recipient', lower(recipient) FROM ask),
  part AS (
    SELECT *, substr(whole, length(rtrim(whole, replace(whole, '@', ''))) + 1) AS domain FROM address),
  pattern AS (
    SELECT mail_policy, side, pattern, negate, rtrim(lower(pattern), replace(lower(pattern), '@', '')) AS front,
      substr(lower(pattern), length(rtrim(pattern, replace(pattern, '@', ''))) + 1) AS domain FROM mail_policy_member)
  SELECT a.sender, a.recipient, a.direction, m.mail_policy, m.side, m.pattern, m.negate,
    a.whole <> '' AND (m.front = '@' OR m.front = substr(a.whole, 1, length(a.whole) - length(a.domain)))
    AND CASE WHEN m.domain = '' THEN m.front <> '@'
      WHEN m.domain LIKE '.%' THEN length(a.domain) > length(m.domain) AND substr(a.domain, -length(m.domain)) = m.domain
      ELSE a.domain = m.domain END AS matches
  FROM part a JOIN pattern m ON m.side = a.side JOIN mail_policy p ON p.name = m.mail_policy AND p.direction = a.direction;

-- Each side of each policy that has members. every: somebody is addressed for each recipient member.
CREATE VIEW ask_side AS
  WITH m AS MATERIALIZED (SELECT * FROM ask_member),
  addressed AS MATERIALIZED (
    SELECT sender, direction, mail_policy, min(hit) AS every FROM (
      SELECT sender, direction, mail_policy, pattern, max(matches) AS hit FROM m WHERE side = 'recipient' AND NOT negate
      GROUP BY sender, direction, mail_policy, pattern)
    GROUP BY sender, direction, mail_policy)
  SELECT m.sender, m.recipient, m.direction, m.mail_policy, m.side, p.position, p.sides,
    sum(m.negate AND m.matches) = 0
    AND (sum(NOT m.negate) = 0 OR sum(NOT m.negate AND m.matches) > 0)
    AND NOT (m.side = 'sender' AND p.senders = 'all' AND sum(NOT m.negate AND NOT m.matches) > 0)
    AND NOT (m.side = 'recipient' AND p.recipients = 'all' AND coalesce(a.every, 1) = 0) AS holds
  FROM m JOIN mail_policy p ON p.name = m.mail_policy
  LEFT JOIN addressed a ON a.mail_policy = m.mail_policy AND a.sender = m.sender AND a.direction = m.direction
  GROUP BY m.sender, m.recipient, m.direction, m.mail_policy, m.side;

CREATE VIEW answer AS
  WITH fits AS (
    SELECT sender, recipient, direction, mail_policy, position FROM ask_side
    GROUP BY sender, recipient, direction, mail_policy
    HAVING iif(sides = 'either', max(holds), min(holds))
    UNION ALL SELECT a.sender, a.recipient, a.direction, p.name, p.position FROM ask a
      JOIN mail_policy p ON p.name = 'default-' || a.direction),
  first AS (
    SELECT *, row_number() OVER (PARTITION BY sender, recipient, direction ORDER BY position, mail_policy) AS n FROM fits)
  SELECT f.direction, f.sender, f.recipient, f.mail_policy, f.position, o.content_filters
  FROM first f JOIN mail_policy_order o ON o.mail_policy = f.mail_policy WHERE f.n = 1
  ORDER BY f.direction, f.sender, f.position, f.recipient;

-- ---- who can be encrypted to ----

-- Names that a certificate in use can be found by: "user@domain", "@domain", "@*.domain".
CREATE VIEW usable_key AS
  SELECT n.name, 'public_key' AS table_name, n.public_key AS row_name, n.fingerprint, e.expires_at
  FROM public_key_name n JOIN certificate_expiry e ON e.table_name = 'public_key' AND e.row_name = n.public_key
  WHERE n.encrypts AND e.expires_at > unixepoch('now')
  UNION ALL SELECT address, 'harvested_key', fingerprint, fingerprint, expires_at FROM harvested_key
  WHERE state = 'active' AND coalesce(expires_at, unixepoch('now') + 1) > unixepoch('now');

-- Recipients of mail policies whose filters encrypt, and the names that would do for each.
CREATE VIEW partner AS
  SELECT DISTINCT lower(m.pattern) AS partner, m.mail_policy, s.name AS sending_profile, s.missing_key_action,
    substr(m.pattern, instr(m.pattern, '@') + 1) AS domain
  FROM mail_policy_member m JOIN mail_policy p ON p.name = m.mail_policy AND p.direction = 'outgoing'
  JOIN mail_policy_filter f ON f.mail_policy = m.mail_policy JOIN content_filter c ON c.name = f.content_filter AND c.enabled
  JOIN content_filter_action a ON a.content_filter = c.name JOIN sending_profile s ON s.name = a.sending_profile AND s.mode <> 'sign'
  WHERE m.side = 'recipient' AND NOT m.negate;

CREATE VIEW partner_name AS
  SELECT partner, partner AS name FROM partner WHERE partner NOT LIKE '%@.%' AND partner NOT LIKE '%@'
  UNION SELECT partner, '@' || lower(domain) FROM partner WHERE domain NOT LIKE '.%' AND domain <> ''
  UNION SELECT partner, '@*.' || lower(substr(domain, instr(domain, '.') + 1)) FROM partner WHERE instr(domain, '.') > 0;

-- Partners that cannot be encrypted to, or of whom only some can. user@ (in any domain) is nobody's key.
CREATE VIEW partner_without_key AS
  WITH n AS MATERIALIZED (SELECT * FROM partner_name),
  k AS MATERIALIZED (SELECT name FROM usable_key),
  covered AS MATERIALIZED (SELECT DISTINCT n.partner FROM n JOIN k ON k.name = n.name),
  mailbox AS MATERIALIZED (SELECT substr(name, instr(name, '@')) AS domain, count(*) AS keys FROM k WHERE name NOT LIKE '@%' GROUP BY 1)
  SELECT partner, mail_policy, sending_profile, missing_key_action,
    coalesce(
      (SELECT 'public_key "' || u.public_key || '" expired on ' || date(e.expires_at, 'unixepoch') FROM n JOIN public_key_name u ON u.name = n.name
        JOIN certificate_expiry e ON e.table_name = 'public_key' AND e.row_name = u.public_key
        WHERE n.partner = p.partner AND e.expires_at <= unixepoch('now') AND u.encrypts ORDER BY e.expires_at DESC LIMIT 1),
      (SELECT 'public_key "' || u.public_key || '" may not encrypt (key usage)' FROM n JOIN public_key_name u ON u.name = n.name
        WHERE n.partner = p.partner AND NOT u.encrypts LIMIT 1),
      (SELECT 'harvested_key ' || fingerprint || ' is ' || state FROM harvested_key WHERE address = p.partner ORDER BY harvested_at DESC LIMIT 1),
      (SELECT 'no key for all of it, but for ' || sum(keys) || ' of its mailboxes' FROM mailbox
        WHERE domain = p.partner OR (p.domain LIKE '.%' AND domain LIKE '%_' || p.domain) HAVING count(*) > 0),
      (SELECT 'no certificate is known to name it, but ' || count(*) || ' public keys have not been read yet: smimectl check reads them' FROM public_key
        WHERE NOT EXISTS (SELECT 1 FROM certificate_expiry WHERE table_name = 'public_key' AND row_name = public_key.name) HAVING count(*) > 0),
      'no certificate names it') AS why
  FROM partner p WHERE domain <> '' AND partner NOT IN (SELECT partner FROM covered)
  ORDER BY partner, mail_policy;

-- Keys out of signed mail that are not the one that an administrator put in for that address: renewed, or
-- somebody else's. CROSS JOIN: in this order, or it takes minutes.
CREATE VIEW harvested_differs AS
  SELECT h.address, h.state, date(h.harvested_at, 'unixepoch') AS harvested_on, h.fingerprint AS harvested,
    u.public_key, u.name AS by_name, u.fingerprint AS in_use
  FROM harvested_key h
  CROSS JOIN public_key_name u ON u.name IN (h.address, '@' || h.domain, '@*.' || substr(h.domain, instr(h.domain, '.') + 1))
  CROSS JOIN certificate_expiry e ON e.table_name = 'public_key' AND e.row_name = u.public_key AND e.expires_at > unixepoch('now')
  WHERE u.encrypts AND h.state <> 'superseded'
    AND NOT EXISTS (SELECT 1 FROM public_key_name s WHERE s.fingerprint = h.fingerprint)
  ORDER BY h.harvested_at DESC, h.address;

-- ---- who changed what ----

-- Of certificates the last octets: whole they stand in change_log. Twice: a chain may stand behind one.
CREATE VIEW recent_change AS
  WITH once AS (
    SELECT id, changed_at, who, operation, table_name, row_name,
    iif(instr(old, '-----BEGIN ') = 0, old, substr(old, 1, instr(old, '-----BEGIN ') - 1) || 'PEM ...' ||
      substr(old, instr(old, '-----END ') - 13, 12) ||
      substr(old, instr(old, '-----BEGIN ') + instr(substr(old, instr(old, '-----BEGIN ')), '''') - 1)) AS old,
    iif(instr(new, '-----BEGIN ') = 0, new, substr(new, 1, instr(new, '-----BEGIN ') - 1) || 'PEM ...' ||
      substr(new, instr(new, '-----END ') - 13, 12) ||
      substr(new, instr(new, '-----BEGIN ') + instr(substr(new, instr(new, '-----BEGIN ')), '''') - 1)) AS new
    FROM change_log ORDER BY id DESC LIMIT 1000)
  SELECT id, changed_at, coalesce(who, '(sqlite3)') AS who, operation, table_name, row_name,
    iif(instr(old, '-----BEGIN ') = 0, old, substr(old, 1, instr(old, '-----BEGIN ') - 1) || 'PEM ...' ||
      substr(old, instr(old, '-----END ') - 13, 12) ||
      substr(old, instr(old, '-----BEGIN ') + instr(substr(old, instr(old, '-----BEGIN ')), '''') - 1)) AS old,
    iif(instr(new, '-----BEGIN ') = 0, new, substr(new, 1, instr(new, '-----BEGIN ') - 1) || 'PEM ...' ||
      substr(new, instr(new, '-----END ') - 13, 12) ||
      substr(new, instr(new, '-----BEGIN ') + instr(substr(new, instr(new, '-----BEGIN ')), '''') - 1)) AS new
  FROM once ORDER BY id DESC;
