/*
 * The tables of both environments: names on disk, keys, values.
 *
 * Integers in keys are big-endian, so that byte order is number order. Every
 * value begins with the envelope byte of record.h, which is not repeated
 * here. A row's place in this file is its number in pl_table_e and means
 * nothing on disk; the first two rows of each environment are the oldest,
 * and an LMDB file without them is not Parley's.
 */

#include "store.h"


#define J  PL_ENV_JOURNAL
#define S  PL_ENV_STATE


const pl_table_t  pl_store_tables[PL_TABLE_COUNT] = {

    [PL_TABLE_JOURNAL_META] = { "meta", J,
        "\"journal\"", "pl.JournalMeta",
        "one row; written by every append" },

    [PL_TABLE_ENTRIES] = { "entries", J,
        "sequence u64", "pl.Entry",
        "appended at the right edge; dropped from the front by appends, "
        "once folded and kept for the journal's retention" },

    [PL_TABLE_SKIPS] = { "skips", J,
        "sequence u64", "pl.SkipRow",
        "entries, or items of them, that no fold may touch: folding them "
        "ended two processes" },

    [PL_TABLE_CYCLES] = { "cycles", J,
        "cycle 8", "pl.CycleRow",
        "configuration cycles that have published; without the generation" },

    [PL_TABLE_META] = { "meta", S,
        "\"state\"", "pl.StateMeta",
        "one row; written by every fold transaction" },

    [PL_TABLE_SETTINGS] = { "settings", S,
        "\"global\"; \"tenant/TENANT\"; \"channel/TENANT/CHANNEL\"; "
        "\"flow/TENANT/POSITION/FLOW\"; \"kept/TENANT/FLOW/VERSION\"; "
        "\"put/GENERATION/KEY\"",
        "pl.GlobalSettings, pl.TenantSettings, pl.ChannelSettings, "
        "pl.FlowSettings, pl.SettingsPut",
        "what nginx.conf said, replaced by SettingsPublish; and what "
        "TenantSet and ChannelSet made beside it, marked `runtime`" },

    [PL_TABLE_TENANTS] = { "tenants", S,
        "tenant u32", "pl.TenantSettings",
        "empty: those made over the API are rows of `settings`" },

    [PL_TABLE_CHANNELS] = { "channels", S,
        "channel u32", "pl.ChannelSettings",
        "empty, likewise" },

    [PL_TABLE_DEDUPE] = { "dedupe", S,
        "time s u32, hash 16", "message u64, or 0",
        "pruned after 11 days" },

    [PL_TABLE_CONTACTS] = { "contacts", S,
        "tenant u32, contact u64", "pl.Contact",
        "kept until erased" },

    [PL_TABLE_ADDRESSES] = { "addresses", S,
        "tenant u32, address kind u8, value", "contact u64",
        "an index of contacts" },

    [PL_TABLE_CONSENTS] = { "consents", S,
        "tenant u32, contact u64, sequence u64", "pl.AuditEvent",
        "every change of a contact's consent; append only; kept until "
        "erased" },

    [PL_TABLE_REVIEWS] = { "reviews", S,
        "tenant u32, contact u64", "message u64, or 0",
        "contacts with a consent that is paused: the unclear word is in that "
        "message" },

    [PL_TABLE_MERGES] = { "merges", S,
        "tenant u32, merge u64", "pl.ContactMerge",
        "what was joined to a contact; kept until erased" },

    [PL_TABLE_CONVERSATIONS] = { "conversations", S,
        "tenant u32, party kind u8, party u64", "pl.Conversation",
        "kept until erased" },

    [PL_TABLE_MESSAGES] = { "messages", S,
        "message u64", "pl.Message",
        "appended at the right edge" },

    [PL_TABLE_PROVIDER_IDS] = { "provider_ids", S,
        "hash 16", "since s u64",
        "an index of parked, by channel and provider's id" },

    [PL_TABLE_PARKED] = { "parked", S,
        "since s u32, hash 16", "pl.ParkedStatus",
        "statuses of what is not known to be ours; pruned after 24 hours" },

    [PL_TABLE_OUTBOX] = { "outbox", S,
        "effect u64", "pl.Effect",
        "until it ends; its conversation names its queue" },

    [PL_TABLE_DUE] = { "due", S,
        "tenant u32, channel u32, lane u8, time ms i64, effect u64",
        "party kind u8, party u64",
        "the head of each queue only" },

    [PL_TABLE_ATTEMPTS] = { "attempts", S,
        "effect u64", "pl.AttemptRecord",
        "what is on the wire; its outbox row stays until it ends" },

    [PL_TABLE_DEAD] = { "dead", S,
        "tenant u32, effect u64", "pl.DeadLetter",
        "until retried, or as parley_keep says" },

    [PL_TABLE_UNKNOWN] = { "unknown", S,
        "tenant u32, effect u64", "pl.UnknownSend",
        "until a status, a person or the channel's policy settles it" },

    [PL_TABLE_QUARANTINE] = { "quarantine", S,
        "tenant u32, sequence u64", "pl.Quarantine",
        "tenant 0 where none is known; kept as parley_keep says" },

    [PL_TABLE_TIMERS] = { "timers", S,
        "due ms u64 (highest bit: ended), timer u64", "pl.Timer",
        "ended ones stay for 90 days" },

    [PL_TABLE_TASKS] = { "tasks", S,
        "tenant u32, due ms u64 (highest bit: ended), timer u64",
        "time ms u64",
        "an index of timers: tasks of flows that have a name, and where each "
        "stands" },

    [PL_TABLE_CAPS] = { "caps", S,
        "tenant u32, party kind u8, party u64",
        "pl.CapRecord",
        "what caps have counted; a use goes when its period is over" },

    [PL_TABLE_COLLAPSES] = { "collapses", S,
        "tenant u32, party kind u8, party u64, channel u32, lane u8, key",
        "message u64",
        "the newest message that waits with a collapse key" },

    [PL_TABLE_REQUESTS] = { "requests", S,
        "tenant u32, key 16", "pl.Verdict",
        "pruned after 24 hours" },

    [PL_TABLE_TEMPLATES] = { "templates", S,
        "tenant u32, channel u32, name, 0, language", "pl.TemplateRecord",
        "as the provider last said" },

    [PL_TABLE_CHANNEL_STATES] = { "channel_states", S,
        "tenant u32, channel u32", "pl.ChannelState",
        "as the provider last said" },

    [PL_TABLE_UPLOADS] = { "uploads", S,
        "tenant u32, channel u32, file, 0, type", "pl.Upload",
        "files that were uploaded; pruned 29 days later" },

    [PL_TABLE_HOLDS] = { "holds", S,
        "tenant u32, hold kind u8, channel u32, hold cause u8, subject",
        "pl.HoldRecord",
        "what stops sending; until it is resumed, over, or disproved" },

    [PL_TABLE_GROUPS] = { "groups", S,
        "tenant u32, group u64", "pl.Group",
        "kept until erased" },

    [PL_TABLE_CAMPAIGNS] = { "campaigns", S,
        "tenant u32, campaign u64", "campaign",
        "kept until erased" },

    [PL_TABLE_MEMBERS] = { "members", S,
        "tenant u32, owner u64, contact u64", "pl.Membership",
        "of groups and campaigns" },

    [PL_TABLE_AUDIT] = { "audit", S,
        "tenant u32, sequence u64", "pl.AuditEvent",
        "append only; kept as parley_keep says" },

    [PL_TABLE_COUNTERS] = { "counters", S,
        "tenant u32, metric, 0, day u32, label", "count u64",
        "counted while commands are applied; kept as parley_keep says" },

    [PL_TABLE_CHANGES] = { "changes", S,
        "tenant u32, sequence u64", "pl.Change",
        "feed for live updates; kept as parley_keep says: 7 days, twice as "
        "long while a subscription waits for it" },

    [PL_TABLE_ZONES] = { "zones", S,
        "name; \".\"", "pl.ZoneRecord, pl.ZoneDatabase",
        "time zones, and the tz database that they came with last; replaced "
        "by ZonesPublish, never removed" },

    [PL_TABLE_SUBSCRIPTIONS] = { "subscriptions", S,
        "tenant u32, subscription u64", "pl.Subscription",
        "endpoints that are told what happens; until dropped" },

    [PL_TABLE_UNDELIVERED] = { "undelivered", S,
        "tenant u32, subscription u64, sequence u64", "pl.Undelivered",
        "what a subscription did not get; until delivered or dropped, or "
        "with it" },

    [PL_TABLE_KEYS] = { "keys", S,
        "hash 32", "pl.ApiKey",
        "API keys by the SHA-256 of their secret; 90 days longer than they "
        "are good for" },

    [PL_TABLE_QUIET] = { "quiet", S,
        "tenant u32, message u64",
        "party kind u8, party u64",
        "conversations whose newest message has left changes, by that "
        "message; until they speak again" },

    [PL_TABLE_VIEWS] = { "views", S,
        "tenant u32, view u8, name, 0, party kind u8, party u64",
        "nothing",
        "conversations that a person owns, that are archived, that "
        "have a tag" },

    [PL_TABLE_UNREAD] = { "unread", S,
        "tenant u32, 0; tenant u32, 1, owner",
        "pl.Unread",
        "what is unread, of a tenant and of each owner" },

    [PL_TABLE_NOTES] = { "notes", S,
        "tenant u32, party kind u8, party u64, note u64",
        "pl.Note",
        "what people wrote for colleagues; kept until erased" },

    [PL_TABLE_WORDS] = { "words", S,
        "segment u32, 0 u32; segment u32, tenant u32; segment u32, "
        "tenant u32, number u64, kind u8, bucket u8 or beginning",
        "numbers; words, packed",
        "where words are; a segment is written once and kept, but anew for "
        "what is erased" },

    [PL_TABLE_NAMES] = { "names", S,
        "tenant u32, word, 0, contact u64",
        "nothing",
        "an index of contacts" },

    [PL_TABLE_ERASING] = { "erasing", S,
        "tenant u32, entry u64", "pl.Erasure",
        "people who are being forgotten; until they are" },

    [PL_TABLE_ERASURES] = { "erasures", S,
        "tenant u32, entry u64", "pl.Erasure",
        "that, and when, they were; kept for good" },

    [PL_TABLE_TOMBSTONES] = { "tombstones", S,
        "tenant u32, address kind u8, hash 16", "pl.Tombstone",
        "addresses of people who were forgotten; kept for good" },

    [PL_TABLE_AGING] = { "aging", S,
        "aged u8, period ms u64", "pl.Aging",
        "how far retention has come, for each period that a tenant has" },

    [PL_TABLE_IMPORTS] = { "imports", S,
        "tenant u32", "pl.Import",
        "what a tenant had elsewhere and was read in; kept for good" },
};
