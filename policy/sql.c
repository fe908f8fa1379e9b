/* sql.c - every SQL text of the product stands here, constant; values are bound, never pasted
 * (R-SQL). */
#include "sql.h"

/* Profiles of a JSON array; what one leaves out is as the table has it by default. */
/* clang-format off */
#define PROFILE_INSERT \
	"INSERT INTO sending_profile (name, mode, signing_certificate, sign_mode, " \
	"missing_key_action, digest, signature_scheme, content_cipher, key_transport, " \
	"certificate_id, must_encrypt, seal_again, note)" \
	" SELECT json_extract(p.value, '$.name'), json_extract(p.value, '$.mode'), " \
	"json_extract(p.value, '$.signing_certificate'), " \
	"coalesce(json_extract(p.value, '$.sign_mode'), 'detached'), " \
	"coalesce(json_extract(p.value, '$.missing_key_action'), 'bounce'), " \
	"coalesce(json_extract(p.value, '$.digest'), 'sha256'), " \
	"coalesce(json_extract(p.value, '$.signature_scheme'), 'auto'), " \
	"coalesce(json_extract(p.value, '$.content_cipher'), 'auto'), " \
	"coalesce(json_extract(p.value, '$.key_transport'), 'auto'), " \
	"coalesce(json_extract(p.value, '$.certificate_id'), 'issuer-serial'), " \
	"coalesce(json_extract(p.value, '$.must_encrypt'), 0), " \
	"coalesce(json_extract(p.value, '$.seal_again'), 0), " \
	"coalesce(json_extract(p.value, '$.note'), '')" \
	" FROM json_each(?1) p WHERE true"
/* clang-format on */

const char *const policy_sql_text[POLICY_SQL_COUNT] = {
	[POLICY_SQL_BEGIN_READ] = "BEGIN",
	[POLICY_SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[POLICY_SQL_COMMIT] = "COMMIT",
	[POLICY_SQL_ROLLBACK] = "ROLLBACK",
	[POLICY_SQL_DATA_VERSION] = "PRAGMA data_version",
	[POLICY_SQL_SETTINGS] = "SELECT name, value FROM setting",
	[POLICY_SQL_CERTIFICATES] =
	    "SELECT name, certificate, chain, private_key, require_fqdn, note"
	    " FROM certificate ORDER BY name",
	[POLICY_SQL_PUBLIC_KEYS] = "SELECT name, certificate, note FROM public_key ORDER BY name",
	[POLICY_SQL_TRUST_ANCHORS] =
	    "SELECT name, certificate, domain_signing, intermediate, note FROM trust_anchor"
	    " ORDER BY name",
	[POLICY_SQL_REVOCATION_LISTS] = "SELECT name, crl FROM revocation_list ORDER BY name",
	[POLICY_SQL_PROFILES] =
	    "SELECT name, mode, signing_certificate, sign_mode, "
	    "missing_key_action, digest, signature_scheme,"
	    " content_cipher, key_transport, must_encrypt, seal_again, certificate_id FROM "
	    "sending_profile ORDER BY name",
	[POLICY_SQL_FLOWS] =
	    "SELECT name, behavior, smime_open, signature_after_verify, harvest,"
	    " harvest_on_failure, harvest_updates FROM mail_flow_policy ORDER BY name",
	[POLICY_SQL_GROUPS] =
	    "SELECT name, mail_flow_policy FROM sender_group ORDER BY position, name",
	[POLICY_SQL_GROUP_MEMBERS] = "SELECT sender_group, kind, value FROM sender_group_member"
				     " ORDER BY sender_group, kind, value",
	[POLICY_SQL_DICTIONARIES] =
	    "SELECT name, match_case, whole_words FROM dictionary ORDER BY name",
	[POLICY_SQL_DICTIONARY_TERMS] =
	    "SELECT term, weight FROM dictionary_term WHERE dictionary = ?1 ORDER BY term",
	[POLICY_SQL_MESSAGE_FILTERS] = "SELECT name, script, enabled FROM message_filter"
				       " ORDER BY position, name",
	[POLICY_SQL_CONTENT_FILTERS] =
	    "SELECT name, condition, enabled FROM content_filter ORDER BY name",
	/* One row per text; an action without texts has one row with NULL. */
	[POLICY_SQL_FILTER_ACTIONS] =
	    "SELECT a.position, a.action, a.sending_profile, j.value FROM content_filter_action a"
	    " LEFT JOIN json_each(CASE WHEN a.argument = '' THEN '[]'"
	    " WHEN json_valid(a.argument) AND json_type(a.argument) = 'array' THEN a.argument"
	    " ELSE json_array(a.argument) END) j"
	    " WHERE a.content_filter = ?1 ORDER BY a.position, j.key",
	[POLICY_SQL_MAIL_POLICIES] =
	    "SELECT name, direction, sides, senders, recipients FROM mail_policy"
	    " ORDER BY position, name",
	[POLICY_SQL_MAIL_POLICY_MEMBERS] = "SELECT side, pattern, negate FROM mail_policy_member"
					   " WHERE mail_policy = ?1 ORDER BY side, pattern",
	[POLICY_SQL_MAIL_POLICY_FILTERS] = "SELECT content_filter FROM mail_policy_filter"
					   " WHERE mail_policy = ?1 ORDER BY position",
	[POLICY_SQL_HARVESTED_ACTIVE] =
	    "SELECT certificate FROM harvested_key WHERE address = ?1 AND state = 'active'"
	    " ORDER BY harvested_at DESC LIMIT 16",
	[POLICY_SQL_HARVESTED_CAPABILITIES] =
	    "SELECT capabilities FROM harvested_key"
	    " WHERE fingerprint = ?1 AND capabilities_at IS NOT NULL"
	    " ORDER BY capabilities_at DESC LIMIT 1",
	/* An older message, sent once more, takes nothing back. */
	[POLICY_SQL_HARVESTED_ANNOUNCE] =
	    "UPDATE harvested_key SET capabilities = ?3, capabilities_at = ?4"
	    " WHERE address = ?1 AND fingerprint = ?2 AND capabilities <> ?3"
	    " AND (capabilities_at IS NULL OR capabilities_at < ?4)",
	[POLICY_SQL_HARVESTED_OTHERS] =
	    "SELECT count(*) FROM harvested_key"
	    " WHERE address = ?1 AND fingerprint <> ?2 AND state = 'active'",
	[POLICY_SQL_HARVESTED_SUPERSEDE] =
	    "UPDATE harvested_key SET state = 'superseded'"
	    " WHERE address = ?1 AND fingerprint <> ?2 AND state = 'active'",
	/* 0: not there; else an enum known of harvest_write.c */
	[POLICY_SQL_HARVESTED_KNOWN] =
	    "SELECT CASE state WHEN 'untrusted' THEN 1 WHEN 'candidate' THEN 2 ELSE 3 END"
	    " FROM harvested_key WHERE address = ?1 AND fingerprint = ?2",
	/* Other keys that came after a time, untrusted ones or the rest; counted up to a limit.
	 * What came while the clock was wrong, days ahead of now, counts no more. */
	[POLICY_SQL_HARVESTED_COUNT_ADDRESS] =
	    "SELECT count(*) FROM (SELECT 1 FROM harvested_key WHERE address = ?1"
	    " AND fingerprint <> ?2 AND harvested_at > ?3 AND harvested_at <= ?3 + 2 * 86400"
	    " AND (state = 'untrusted') = ?4 LIMIT ?5)",
	[POLICY_SQL_HARVESTED_COUNT_DOMAIN] =
	    "SELECT count(*) FROM (SELECT DISTINCT fingerprint FROM harvested_key WHERE domain = ?1"
	    " AND fingerprint <> ?2 AND harvested_at > ?3 AND harvested_at <= ?3 + 2 * 86400"
	    " AND (state = 'untrusted') = ?4 LIMIT ?5)",
	/* Changes a row only when there was no such alert in the last day (or the clock went back).
	 */
	[POLICY_SQL_HARVEST_ALERT] =
	    "INSERT INTO harvest_alert (subject, kind, alerted_at) VALUES (?1, ?2, ?3)"
	    " ON CONFLICT DO UPDATE SET alerted_at = excluded.alerted_at"
	    " WHERE alerted_at NOT BETWEEN excluded.alerted_at - 86399 AND excluded.alerted_at",
	[POLICY_SQL_HARVEST_ALERT_EXPIRE] = "DELETE FROM harvest_alert WHERE alerted_at < ?1",
	[POLICY_SQL_HARVESTED_ADD] =
	    "INSERT INTO harvested_key (fingerprint, address, certificate, state, harvested_at,"
	    " source, expires_at) VALUES (?1, ?2, ?3, ?4, ?6, ?5, ?7)"
	    " ON CONFLICT (address, fingerprint) DO UPDATE SET state = excluded.state",
	[POLICY_SQL_HARVESTED_NEW_FOR_ADDRESS] =
	    "SELECT count(*) FROM (SELECT 1 FROM harvested_key WHERE address = ?1"
	    " AND harvested_at > ?2 LIMIT 2)",
	/* Keys, not rows: one certificate may serve many addresses, and be old for some of them. */
	[POLICY_SQL_HARVESTED_NEW_FOR_DOMAIN] =
	    "SELECT count(*) FROM (SELECT DISTINCT fingerprint FROM harvested_key new"
	    " WHERE domain = ?1 AND harvested_at > ?2 AND NOT EXISTS (SELECT 1 FROM harvested_key"
	    " WHERE fingerprint = new.fingerprint AND domain = ?1 AND harvested_at <= ?2) LIMIT 2)",
	[POLICY_SQL_HARVESTED_SIZE] = "SELECT octets FROM harvest_size",
	[POLICY_SQL_HARVESTED_EVICT] =
	    "DELETE FROM harvested_key WHERE rowid IN (SELECT rowid FROM harvested_key"
	    " WHERE coalesce(last_used_at, 0) < ?1"
	    " ORDER BY coalesce(last_used_at, 0), harvested_at LIMIT ?2)",
	[POLICY_SQL_HARVESTED_STAMP] =
	    "UPDATE harvested_key SET last_used_at = max(coalesce(last_used_at, 0), ?3),"
	    " use_count = use_count + 1"
	    " WHERE address = ?1 AND state = 'active' AND instr(?2, fingerprint) > 0",
	[POLICY_SQL_HARVESTED_LIST] =
	    "SELECT address || '  ' || state || '  used ' || use_count, certificate"
	    " FROM harvested_key WHERE ?1 = '' OR state = ?1 ORDER BY address, harvested_at",
	[POLICY_SQL_HARVESTED_GET] =
	    "SELECT certificate FROM harvested_key WHERE fingerprint = ?1 LIMIT 1",
	/* And the other key that is in use for that address. */
	[POLICY_SQL_HARVESTED_ROWS] =
	    "SELECT certificate, address, state, harvested_at, source, use_count, last_used_at,"
	    " capabilities, (SELECT fingerprint FROM harvested_key WHERE address = k.address"
	    " AND state = 'active' AND fingerprint <> k.fingerprint ORDER BY harvested_at DESC)"
	    " FROM harvested_key k WHERE fingerprint = ?1 ORDER BY address",
	[POLICY_SQL_HARVESTED_APPROVE] =
	    "UPDATE harvested_key SET state = iif(fingerprint = ?1, 'active', 'superseded')"
	    " WHERE address = ?2 AND (fingerprint = ?1 OR state = 'active')",
	/* What administrators do is logged; what the daemon does would fill the log. */
	[POLICY_SQL_HARVESTED_LOG] =
	    "INSERT INTO change_log (table_name, row_name, operation, old, new)"
	    " SELECT 'harvested_key', address || ' ' || fingerprint, ?3,"
	    " 'state=' || quote(state), iif(?3 = 'update', 'state=' || quote('active'), NULL)"
	    " FROM harvested_key WHERE fingerprint = ?1 AND (?2 = '' OR address = ?2)",
	[POLICY_SQL_HARVESTED_DELETE] =
	    "DELETE FROM harvested_key WHERE fingerprint = ?1 AND (?2 = '' OR address = ?2)",
	[POLICY_SQL_CERTIFICATE_ADD] =
	    "INSERT INTO certificate (name, certificate, chain, private_key,"
	    " require_fqdn) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO NOTHING",
	[POLICY_SQL_CERTIFICATE_KEEP] =
	    "INSERT INTO certificate (name, certificate, chain, private_key, require_fqdn, note)"
	    " SELECT ?2, certificate, chain, private_key, require_fqdn, ?3"
	    " FROM certificate WHERE name = ?1"
	    /* That very one, kept when it was replaced before. */
	    " ON CONFLICT (name) DO UPDATE SET note = excluded.note"
	    " WHERE certificate = excluded.certificate AND private_key = excluded.private_key",
	[POLICY_SQL_CERTIFICATE_RENEW] =
	    "UPDATE certificate SET certificate = ?2, chain = ?3 WHERE name = ?1",
	[POLICY_SQL_CERTIFICATE_GET] =
	    "SELECT certificate, chain, private_key, require_fqdn FROM certificate WHERE name = ?1",
	[POLICY_SQL_CERTIFICATE_DELETE] = "DELETE FROM certificate WHERE name = ?1",
	[POLICY_SQL_PUBLIC_KEY_ADD] = "INSERT INTO public_key (name, certificate) VALUES (?1, ?2)"
				      " ON CONFLICT (name) DO NOTHING",
	[POLICY_SQL_PUBLIC_KEY_GET] = "SELECT certificate FROM public_key WHERE name = ?1",
	[POLICY_SQL_PUBLIC_KEY_DELETE] = "DELETE FROM public_key WHERE name = ?1",
	[POLICY_SQL_PROFILE_LIST] =
	    "SELECT name, mode, coalesce(signing_certificate, ''), sign_mode, missing_key_action"
	    " FROM sending_profile ORDER BY name",
	[POLICY_SQL_PROFILE_EXPORT] =
	    "SELECT json_object('name', name, 'mode', mode, "
	    "'signing_certificate', signing_certificate, 'sign_mode', sign_mode, "
	    "'missing_key_action', missing_key_action, 'digest', digest, "
	    "'signature_scheme', signature_scheme, 'content_cipher', content_cipher, "
	    "'key_transport', key_transport, 'certificate_id', certificate_id, "
	    "'must_encrypt', must_encrypt, 'seal_again', seal_again, 'note', note)"
	    " FROM sending_profile WHERE ?1 IS NULL OR name = ?1 ORDER BY name",
	/* One row: a sentence, '' when it is an array of profiles with columns that we have. */
	[POLICY_SQL_PROFILE_WRONG] =
	    "SELECT CASE WHEN NOT json_valid(?1) THEN 'is no JSON'"
	    " WHEN json_type(?1) <> 'array' THEN 'is no array of profiles: put [ and ] around it'"
	    " WHEN EXISTS (SELECT 1 FROM json_each(?1) WHERE type <> 'object')"
	    " THEN 'holds something that is no profile, an object'"
	    " ELSE coalesce((SELECT format('has \"%w\", and sending_profile has no such column',"
	    " m.key) FROM json_each(?1) p, json_each(p.value) m WHERE m.key NOT IN"
	    " (SELECT name FROM pragma_table_info('sending_profile'))),"
	    " (SELECT format('has \"%w\" twice in one profile', m.key) FROM json_each(?1) p,"
	    " json_each(p.value) m GROUP BY p.key, m.key HAVING count(*) > 1),"
	    " (SELECT format('has the profile \"%w\" twice', p.value ->> '$.name')"
	    " FROM json_each(?1) p GROUP BY p.value ->> '$.name' HAVING count(*) > 1),"
	    " (SELECT format('has a NUL (\\u0000) in the profile \"%w\"', p.value ->> '$.name')"
	    " FROM json_each(?1) p WHERE instr(p.value, '\\u0000')), '') END",
	/* The same for what may not replace any. */
	[POLICY_SQL_PROFILE_THERE] =
	    "SELECT coalesce((SELECT format('has the profile \"%w\", which is there already: "
	    "--replace makes of it what the file says', name) FROM sending_profile"
	    " WHERE name IN (SELECT value ->> '$.name' FROM json_each(?1))), '')",
	[POLICY_SQL_PROFILE_IMPORT] = PROFILE_INSERT,
	[POLICY_SQL_PROFILE_REPLACE] = PROFILE_INSERT
	" ON CONFLICT (name) DO UPDATE SET mode = excluded.mode, "
	"signing_certificate = excluded.signing_certificate, sign_mode = excluded.sign_mode, "
	"missing_key_action = excluded.missing_key_action, digest = excluded.digest, "
	"signature_scheme = excluded.signature_scheme, "
	"content_cipher = excluded.content_cipher, key_transport = excluded.key_transport, "
	"certificate_id = excluded.certificate_id, must_encrypt = excluded.must_encrypt, "
	"seal_again = excluded.seal_again, note = excluded.note",
	[POLICY_SQL_TRUST_ADD] =
	    "INSERT INTO trust_anchor (name, certificate, domain_signing, intermediate)"
	    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO NOTHING",
	[POLICY_SQL_TRUST_LIST] = "SELECT name || iif(domain_signing, '  [domain signing]', '')"
				  " || iif(intermediate, '  [intermediate]', ''), certificate"
				  " FROM trust_anchor ORDER BY name",
	[POLICY_SQL_TRUST_DELETE] = "DELETE FROM trust_anchor WHERE name = ?1",
	[POLICY_SQL_CRL_ADD] = "INSERT INTO revocation_list (name, crl) VALUES (?1, ?2)"
			       " ON CONFLICT (name) DO UPDATE SET crl = excluded.crl",
	[POLICY_SQL_CRL_GET] = "SELECT crl FROM revocation_list WHERE name = ?1",
	[POLICY_SQL_CRL_DELETE] = "DELETE FROM revocation_list WHERE name = ?1",
	[POLICY_SQL_PUBLIC_KEY_NAME] =
	    "INSERT INTO public_key_name (public_key, name, fingerprint, encrypts)"
	    " VALUES (?1, lower(?2), ?3, ?4) ON CONFLICT DO NOTHING",
	/* A new one comes last; one that is there keeps its place. */
	[POLICY_SQL_FILTER_PUT] =
	    "INSERT INTO message_filter (name, position, script) VALUES (?1,"
	    " (SELECT coalesce(max(position), 0) / 10 * 10 + 10 FROM message_filter), ?2)"
	    " ON CONFLICT (name) DO UPDATE SET script = excluded.script, enabled = 1",
	[POLICY_SQL_FILTER_DELETE_ALL] = "DELETE FROM message_filter",
	[POLICY_SQL_PROFILE_NAMES] = "SELECT name FROM sending_profile",
	[POLICY_SQL_DICTIONARY_NAMES] = "SELECT name FROM dictionary",
	[POLICY_SQL_SENDER_GROUP_NAMES] = "SELECT name FROM sender_group",
	/* What nobody has noted comes with its certificate. */
	[POLICY_SQL_EXPIRY_LIST] =
	    "SELECT c.t, c.name, e.expires_at, iif(e.expires_at IS NULL, c.certificate, NULL)"
	    " FROM (SELECT 'certificate' AS t, name, certificate FROM certificate"
	    " UNION ALL SELECT 'public_key', name, certificate FROM public_key"
	    " UNION ALL SELECT 'trust_anchor', name, certificate FROM trust_anchor) c"
	    " LEFT JOIN certificate_expiry e ON e.table_name = c.t AND e.row_name = c.name"
	    " WHERE e.expires_at IS NULL OR e.expires_at < ?1"
	    /* In use: within 30 days before what is 30 days before that. */
	    " UNION ALL SELECT 'harvested_key', address, expires_at, NULL FROM harvested_key_last"
	    " WHERE expires_at < ?1 AND last_used_at >= ?1 - 60 * 86400",
	[POLICY_SQL_EXPIRY_UNKNOWN] =
	    "SELECT c.t, c.name, c.certificate"
	    " FROM (SELECT 'certificate' AS t, name, certificate FROM certificate"
	    " UNION ALL SELECT 'public_key', name, certificate FROM public_key"
	    " UNION ALL SELECT 'trust_anchor', name, certificate FROM trust_anchor) c"
	    " WHERE NOT EXISTS (SELECT 1 FROM certificate_expiry"
	    " WHERE table_name = c.t AND row_name = c.name)",
	[POLICY_SQL_EXPIRY_NOTE] =
	    "INSERT INTO certificate_expiry (table_name, row_name, expires_at)"
	    " VALUES (?1, ?2, ?3) ON CONFLICT (table_name, row_name) DO UPDATE"
	    " SET expires_at = excluded.expires_at, told_at = NULL",
	/* Keys that are in use, and those that are no more, or were renewed. */
	[POLICY_SQL_EXPIRY_HARVESTED] =
	    "INSERT INTO certificate_expiry (table_name, row_name, expires_at)"
	    " SELECT 'harvested_key', address, expires_at FROM harvested_key_last"
	    " WHERE expires_at < ?1 AND last_used_at >= ?2"
	    " ON CONFLICT (table_name, row_name) DO UPDATE SET expires_at = excluded.expires_at",
	[POLICY_SQL_EXPIRY_FORGET] =
	    "DELETE FROM certificate_expiry WHERE table_name = 'harvested_key' AND NOT EXISTS"
	    " (SELECT 1 FROM harvested_key_last l WHERE l.address = row_name"
	    " AND l.expires_at = certificate_expiry.expires_at AND last_used_at >= ?1)",
	/* Not told today; told after today it was by a clock that was wrong. */
	[POLICY_SQL_EXPIRY_DUE] = "SELECT table_name, row_name, expires_at FROM certificate_expiry"
				  " WHERE expires_at < ?1 AND expires_at >= ?2"
				  " AND coalesce(told_at, 0) NOT BETWEEN ?3 AND ?3 + 86399"
				  " ORDER BY expires_at",
	[POLICY_SQL_EXPIRY_TOLD] = "UPDATE certificate_expiry SET told_at = ?4"
				   " WHERE expires_at < ?1 AND expires_at >= ?2"
				   " AND coalesce(told_at, 0) NOT BETWEEN ?3 AND ?3 + 86399",
	[POLICY_SQL_JOURNAL_FIND] =
	    "SELECT state, queue_id FROM reinject_journal WHERE copy = ?1 AND injected_at >= ?2",
	/* Keys of one message begin alike and go on with a hexadecimal digit. */
	[POLICY_SQL_JOURNAL_KNOWS] = "SELECT 1 FROM reinject_journal WHERE copy >= ?1"
				     " AND copy < ?1 || 'g' AND injected_at >= ?2 LIMIT 1",
	[POLICY_SQL_JOURNAL_BEGIN] =
	    "INSERT INTO reinject_journal (copy, state, injected_at) VALUES (?1, 'sending', ?2)"
	    " ON CONFLICT (copy) DO UPDATE SET state = 'sending', queue_id = '',"
	    " injected_at = excluded.injected_at",
	[POLICY_SQL_JOURNAL_SENT] = "UPDATE reinject_journal SET state = 'sent', queue_id = ?2"
				    " WHERE copy = ?1",
	[POLICY_SQL_JOURNAL_FORGET] = "DELETE FROM reinject_journal WHERE copy = ?1"
				      " AND state = 'sending'",
	[POLICY_SQL_JOURNAL_EXPIRE] = "DELETE FROM reinject_journal WHERE injected_at < ?1",
	[POLICY_SQL_SEEN_SECRET] = "SELECT secret FROM seen_key_secret",
	[POLICY_SQL_SEEN_FIND] =
	    "SELECT content FROM seen_key WHERE wrapped_key = ?1 AND seen_at >= ?2",
	/* One that is forgotten already may still stand there. */
	[POLICY_SQL_SEEN_ADD] =
	    "INSERT INTO seen_key (wrapped_key, content, seen_at) VALUES (?1, ?2, ?3)"
	    " ON CONFLICT (wrapped_key) DO UPDATE SET content = excluded.content,"
	    " seen_at = excluded.seen_at WHERE seen_at < ?4",
	/* Never so many that others wait for the lock. */
	[POLICY_SQL_SEEN_EXPIRE] =
	    "DELETE FROM seen_key WHERE wrapped_key IN (SELECT wrapped_key FROM seen_key"
	    " WHERE seen_at < ?1 ORDER BY seen_at LIMIT 2000)",
	[POLICY_SQL_SIGN_CHANGES] = "UPDATE change_log SET who = ?1 WHERE who IS NULL AND id > ?2",
	[POLICY_SQL_LAST_CHANGE] =
	    "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'change_log'",
};
