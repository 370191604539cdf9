/*
 * The commands there are: one row each, from which the command line is
 * read and help and man page are made. docs/parleyctl.md has a section for
 * each (t/05-ctl.t).
 */

#include "../core/numbering.h"
#include "cmd.h"
#include "filter.h"
#include "said.h"
#include "stage.h"

/* What is asked of one by its id, or of all that match. */
#define COMMANDS_SETTLE                                                       \
    (PLCTL_OPT_FILTER | PLCTL_OPT_ALL | PLCTL_OPT_YES | PLCTL_OPT_DRY_RUN)
#define COMMANDS_MATCH                                                        \
    "By a filter it says how many match, and does it with --yes; each is "    \
    "done once, whoever else asks at the same time, and what is gone "        \
    "meanwhile, or has expired, is skipped and counted. "


const plctl_command_t  plctl_commands[] = {

    { "status", "", 0, 0, 0,
      "show versions, journal, fold, room, rows, and whether a sender runs",
      "A store that is not sound is shown as far as it can be read, with "
      "what is wrong, and the exit status is 1.",
      plctl_cmd_status },

    { "channels", "", 0, 0, PLCTL_OPT_LIMIT,
      "list the configured channels as the state knows them",
      "Of a token no more is shown than that it is set.",
      plctl_cmd_channels },

    { "messages", "TENANT [ADDRESS]", 1, 2,
      PLCTL_OPT_LIMIT | PLCTL_OPT_RAW,
      "list the newest messages, of one address where it is given",
      "Oldest first. ADDRESS is a phone number with or without \"+\", a "
      "provider's user id, or a contact (cnt_4). --raw adds the provider's "
      "JSON of messages that are kept whole.",
      plctl_cmd_messages },

    { "conversation", "TENANT ADDRESS", 2, 2,
      PLCTL_OPT_LIMIT | PLCTL_OPT_RAW,
      "show a conversation: its state, and its newest messages",
      "With --json the first line is the conversation, the others are its "
      "messages.",
      plctl_cmd_conversation },

    { "send", "TENANT CHANNEL ADDRESS", 3, 3,
      PLCTL_OPT_TEXT | PLCTL_OPT_TEMPLATE | PLCTL_OPT_LANGUAGE
      | PLCTL_OPT_PARAM | PLCTL_OPT_FILE | PLCTL_OPT_MEDIA | PLCTL_OPT_AT
      | PLCTL_OPT_EXPIRES | PLCTL_OPT_COLLAPSE | PLCTL_OPT_LANE
      | PLCTL_OPT_TRACEPARENT | PLCTL_OPT_CAMPAIGN | PLCTL_OPTS_TERMS,
      "send a text, a template, or what a file says",
      "ADDRESS is a phone number with its country's code, a provider's user "
      "id, or a contact (cnt_4). One of --text, --template (with --language), "
      "--file and --media says what. A file that is named by --media, or as "
      "media.file in what --file says (relative to it), is copied to the "
      "folder of parley_media and uploaded first; its type is told by its "
      "name, or by media.mime_type. With --at it is sent later, with "
      "--expires never too late: TIME is as in 2026-12-24T18:00:00Z, or "
      "with +01:00, or +DURATION from now, of d, h, m, s and ms. --category "
      "says what it is for, --otherwise-template what goes where no window is "
      "open. The request goes to the journal; what became of it is reported "
      "once it has been "
      "folded, within 5 seconds: queued, scheduled, or refused with the rule "
      "and the field, and the exit status is then 1.",
      plctl_cmd_send },

    { "send batch", "TENANT CHANNEL FILE", 3, 3, 0,
      "send many messages, one JSON object a line of a file",
      "A line has \"to\" (an ADDRESS of send), \"text\" or \"content\" (what "
      "send --file takes), and may have \"lane\" (reply, reminder, campaign), "
      "\"key\", \"reply_to\", \"at\", \"expires\", \"collapse\", "
      "\"campaign\", \"category\", \"otherwise\" (a template, as a Content), "
      "\"otherwise_category\" and \"business_hours\". All lines are checked "
      "before the first message is asked for; a mistake is shown as "
      "FILE:LINE:COLUMN. A line with a key is done once within 24 hours, "
      "however often the file is sent. What "
      "became of the lines is counted, those that were refused "
      "are shown, and the exit status is then 1.",
      plctl_cmd_send_batch },

    { "can-send", "TENANT ADDRESS", 2, 2,
      PLCTL_OPT_CHANNEL | PLCTL_OPT_TEXT | PLCTL_OPT_TEMPLATE
      | PLCTL_OPT_LANGUAGE | PLCTL_OPT_PARAM | PLCTL_OPT_AT
      | PLCTL_OPT_EXPIRES | PLCTL_OPT_LANE | PLCTL_OPT_CAMPAIGN
      | PLCTL_OPTS_TERMS,
      "say what would become of a message, and send nothing",
      "By the same code as when it is sent, on the store as it is: whether "
      "it may leave, now or at --at; else which rule objects, from when on "
      "it may, and the cheapest form that may leave. Without --text and "
      "--template a text is asked about; without --channel the tenant's "
      "first; without --author a program asks. The exit status is 1 where "
      "it may not leave then.",
      plctl_cmd_can_send },

    { "scheduled", "[TENANT]", 0, 1, PLCTL_OPT_LIMIT,
      "list what is to be sent later, the first one first",
      NULL,
      plctl_cmd_scheduled },

    { "scheduled cancel", "ID", 1, 1, 0,
      "call off a message that is to be sent later",
      "ID is that of the list (msg_17). The request goes to the journal; "
      "what became of it is reported once it has been folded, within 5 "
      "seconds. A message whose time had come is not called off: its state "
      "is reported, and the exit status is then 1.",
      plctl_cmd_scheduled_cancel },

    { "trace", "MESSAGE", 1, 1, 0,
      "show one message's whole story",
      "MESSAGE is that of a list (msg_17). What the state knows of it, and "
      "what the journal still has: the entries that brought it, attempts "
      "with their answers, statuses with their prices. Looks through a "
      "million entries at most, from the one that made it.",
      plctl_cmd_trace },

    { "templates", "TENANT [CHANNEL]", 1, 2, PLCTL_OPT_LIMIT,
      "list the templates of a tenant's channels as they are known",
      "First, for each channel, when the provider's list of them was read "
      "last, and what went wrong since. With --json those lines are objects "
      "with \"sync\", the others with \"template\".",
      plctl_cmd_templates },

    { "templates sync", "TENANT [CHANNEL]", 1, 2, 0,
      "read the provider's list of templates, of every channel or of one",
      "The request goes to the journal and the sender asks the provider; "
      "what came of it is reported within 30 seconds: read, with the number "
      "of templates; failed, or in trouble and tried again, with the reason, "
      "and the exit status is then 1; or pending.",
      plctl_cmd_templates_sync },

    { "twilio reconcile", "TENANT CHANNEL", 2, 2, 0,
      "hold a channel's messages against Twilio's list of them",
      "The request goes to the journal and the sender asks Twilio; what came "
      "of it is reported within 30 seconds: read, with how many messages "
      "came in and were missed, and how many that were sent stand otherwise "
      "now; failed, or in trouble and tried again, with the reason, and the "
      "exit status is then 1; or pending. It is done by itself each day.",
      plctl_cmd_reconcile },

    { "twilio subaccount", "TENANT OWNER CHANNEL", 3, 3, 0,
      "make a subaccount of Twilio's for a tenant",
      "By the account of CHANNEL of the tenant OWNER, which has \"subaccounts "
      "on\". A tenant has one: asked again, or after an answer that was lost, "
      "it is looked for by its name first. What came of it is reported within "
      "30 seconds: its sid; failed, or in trouble and tried again, with the "
      "reason, and the exit status is then 1; or pending. Its token is kept "
      "sealed, and never shown.",
      plctl_cmd_subaccount },

    { "outbox", "", 0, 0, PLCTL_OPT_LIMIT,
      "list what is to be sent: waiting, due, or on the wire",
      "The first of each queue (party, channel and lane) is its head; what "
      "is behind it waits, so that order holds. What is to be sent later is "
      "in no queue yet, and stands last.",
      plctl_cmd_outbox },

    { "unknown", "", 0, 0, PLCTL_OPT_LIMIT | PLCTL_OPT_FILTER,
      "list sends that may or may not have left, with their attempts",
      "They are settled by the provider's status, by a person, or by the "
      "channel's policy, whose time is shown.",
      plctl_cmd_unknown },

    { "unknown resend", "[ID]", 0, 1, COMMANDS_SETTLE,
      "send once more what may have left, or all that match",
      "It may then be there twice. " COMMANDS_MATCH
      "A status of the first attempt that comes before the second has left "
      "takes it off its queue.",
      plctl_cmd_unknown_resend },

    { "unknown sent", "[ID]", 0, 1, COMMANDS_SETTLE,
      "settle as sent what may have left, or all that match",
      COMMANDS_MATCH "A later status still counts.",
      plctl_cmd_unknown_sent },

    { "dead", "", 0, 0, PLCTL_OPT_LIMIT | PLCTL_OPT_FILTER,
      "list dead letters with their reasons and their attempts",
      NULL,
      plctl_cmd_dead },

    { "dead drop", "[ID]", 0, 1, COMMANDS_SETTLE,
      "give up a dead letter for good, or all that match",
      COMMANDS_MATCH "Their messages stay failed.",
      plctl_cmd_dead_drop },

    { "dead retry", "[ID]", 0, 1, COMMANDS_SETTLE,
      "queue a dead letter once more, or all that match",
      COMMANDS_MATCH
      "ID is that of the list (eff_9). The request goes to the journal; "
      "what became of it is reported once it has been folded, within 5 "
      "seconds. Where nothing folds the store now, it takes effect as soon "
      "as something does.",
      plctl_cmd_dead_retry },

    { "holds", "[TENANT]", 0, 1, PLCTL_OPT_LIMIT,
      "list what stops sending: who said so, why, since and until when",
      "CAUSE is a person, who paused it; throttle, a bucket that the provider "
      "says is empty; or account, which the provider refuses. One place may "
      "be held for several causes.",
      plctl_cmd_holds },

    { "pause tenant", "TENANT", 1, 1, PLCTL_OPT_REASON | PLCTL_OPT_FOR,
      "stop sending on all channels of a tenant",
      "Takes effect in less than a second, outlives every restart, and ends "
      "with --for or with resume. What is on the wire comes home. The name "
      "of whoever asked, and --reason, are in the audit log.",
      plctl_cmd_pause_tenant },

    { "pause channel", "TENANT CHANNEL", 2, 2,
      PLCTL_OPT_REASON | PLCTL_OPT_FOR,
      "stop sending on a channel, its files and lists included",
      NULL, plctl_cmd_pause_channel },

    { "pause template", "TENANT CHANNEL NAME", 3, 3,
      PLCTL_OPT_REASON | PLCTL_OPT_FOR,
      "stop sending a template, in all its languages",
      "What is behind one that waits, to the same person in the same lane, "
      "waits with it, so that order holds. Everything else goes on.",
      plctl_cmd_pause_template },

    { "pause campaign", "TENANT N", 2, 2, PLCTL_OPT_REASON | PLCTL_OPT_FOR,
      "stop sending what belongs to a campaign (send --campaign)",
      NULL,
      plctl_cmd_pause_campaign },

    { "resume tenant", "TENANT", 1, 1, 0,
      "let a tenant go on that a person has paused",
      "What was paused for another place, and what the provider holds, stays "
      "held, and is told. Where no person has paused it the exit status is "
      "1.",
      plctl_cmd_resume_tenant },

    { "resume channel", "TENANT CHANNEL", 2, 2, 0,
      "let a channel go on that a person has paused",
      NULL, plctl_cmd_resume_channel },

    { "resume template", "TENANT CHANNEL NAME", 3, 3, 0,
      "let a template go on that a person has paused",
      NULL,
      plctl_cmd_resume_template },

    { "resume campaign", "TENANT N", 2, 2, 0,
      "let a campaign go on that a person has paused",
      NULL,
      plctl_cmd_resume_campaign },

    { "consent show", "TENANT ADDRESS", 2, 2, PLCTL_OPT_LIMIT,
      "show what a person allowed and forbade, and every change of it",
      "First what stands now, then each change, newest first: when it was "
      "written, when it was said, where, to which words, by whom.",
      plctl_cmd_consent_show },

    { "consent list-unclear", "[TENANT]", 0, 1, PLCTL_OPT_LIMIT,
      "list people whose words may have been a refusal, and what they wrote",
      "Marketing to them is paused until somebody has read it (consent "
      "resolve), or they say more.",
      plctl_cmd_consent_unclear },

    { "contact set", "TENANT ADDRESS", 2, 2,
      PLCTL_OPT_NAME | PLCTL_OPT_ZONE | PLCTL_OPT_LANGUAGE
      | PLCTL_OPT_REACHABLE,
      "write down what is known of a person, who need not have written yet",
      "What is not given stays as it is; an empty value takes it away. Where "
      "mail bounced (address.bounced) --reachable says that it may go again.",
      plctl_cmd_contact_set },

    { "consent set", "TENANT ADDRESS CATEGORY STATE", 4, 4,
      PLCTL_OPT_SOURCE | PLCTL_OPT_TEXT_VERSION | PLCTL_OPT_SAID
      | PLCTL_OPT_CHANNEL,
      "write down what a person allowed or forbade",
      "CATEGORY is marketing_messages, all, or a name of your own; STATE is "
      "granted, revoked or unknown. --source is needed. Of two words the one "
      "that was said later stands (--said): where that is not this one, it is "
      "reported, and the exit status is then 1. A revocation takes back what "
      "waits to be sent as marketing. What became of it is reported once it "
      "has been folded, within 5 seconds.",
      plctl_cmd_consent_set },

    { "consent resolve", "TENANT ADDRESS DECISION", 3, 3, 0,
      "say what an unclear word meant: stop, or restore",
      "stop revokes marketing; restore makes it what it was before. Where "
      "nothing is unclear the exit status is 1.",
      plctl_cmd_consent_resolve },

    { "subscriptions", "[TENANT]", 0, 1, PLCTL_OPT_LIMIT,
      "list the endpoints that are told what happens, and how far each is",
      "CURSOR is the event up to which all is delivered, passed over or in "
      "undelivered; SINCE when it began to fail, or was paused.",
      plctl_cmd_subscriptions },

    { "subscriptions add", "TENANT URL", 2, 2,
      PLCTL_OPT_EVENT | PLCTL_OPT_NAME | PLCTL_OPT_CHANNEL | PLCTL_OPT_FROM,
      "have an endpoint told what happens, from now on",
      "With --event only of events of these types, with commas between: "
      "message,handover. With --from of those behind that event as well, 0 "
      "for all there are. Its secret is shown this once. What became of it is "
      "reported once it has been folded, within 5 seconds.",
      plctl_cmd_subscriptions_add },

    { "subscriptions rotate", "TENANT ID", 2, 2, 0,
      "give a subscription another secret, which is shown this once",
      "For 24 hours each delivery is signed with both.",
      plctl_cmd_subscriptions_rotate },

    { "subscriptions drop", "TENANT ID", 2, 2, 0,
      "end a subscription for good, and what it did not get with it",
      NULL,
      plctl_cmd_subscriptions_drop },

    { "subscriptions pause", "TENANT ID", 2, 2, PLCTL_OPT_REASON,
      "deliver nothing to a subscription until it is resumed",
      "What happens meanwhile is delivered then, as far as it is still kept.",
      plctl_cmd_subscriptions_pause },

    { "subscriptions resume", "TENANT ID", 2, 2, 0,
      "let a subscription go on that was paused, by whomever",
      NULL,
      plctl_cmd_subscriptions_resume },

    { "subscriptions ping", "TENANT ID", 2, 2, 0,
      "deliver an event of the type ping to a subscription",
      "How it ended is in subscriptions --json.",
      plctl_cmd_subscriptions_ping },

    { "subscriptions replay", "TENANT ID", 2, 2, PLCTL_OPT_FROM,
      "deliver once more from an event, or a time, on",
      "--from is needed: the number of an event, or a time.",
      plctl_cmd_subscriptions_replay },

    { "undelivered", "TENANT [ID]", 1, 2, PLCTL_OPT_LIMIT,
      "list events that subscriptions, or one of them, did not get",
      NULL,
      plctl_cmd_undelivered },

    { "undelivered retry", "TENANT ID [EVENT]", 2, 3, 0,
      "deliver an event once more that did not arrive, or all of them",
      NULL,
      plctl_cmd_undelivered_retry },

    { "undelivered drop", "TENANT ID [EVENT]", 2, 3, 0,
      "give up an event that did not arrive, or all of them",
      NULL,
      plctl_cmd_undelivered_drop },

    { "quarantine", "", 0, 0, PLCTL_OPT_LIMIT | PLCTL_OPT_RAW,
      "list items that could not be read or belong to no channel",
      NULL,
      plctl_cmd_quarantine },

    { "events", "[TENANT]", 0, 1, PLCTL_OPT_LIMIT,
      "list the audit log, newest first",
      "What policy forbade or put off, and by which rule; who paused, "
      "retried, dropped or settled what; what providers told of accounts. "
      "ABOUT is the number of what it is about: a message, an effect, a "
      "channel, a contact. Without a tenant the store's own events are "
      "listed too, tenant by tenant.",
      plctl_cmd_events },

    { "journal", "", 0, 0,
      PLCTL_OPT_LIMIT | PLCTL_OPT_FROM | PLCTL_OPT_TO | PLCTL_OPT_RAW,
      "list the journal's entries, the newest unless --from is given",
      NULL,
      plctl_cmd_journal },

    { "replay", "DEST | A B", 1, 2,
      PLCTL_OPT_TO | PLCTL_OPT_COMPARE_ONLY | PLCTL_OPT_MATCH
      | PLCTL_OPT_FROM | PLCTL_OPT_TENANT | PLCTL_OPT_CHANNEL
      | PLCTL_OPT_KIND,
      "fold the journal into a fresh store at DEST and compare the states",
      "DEST must be empty or not there. Every table must be the same, byte "
      "for byte; those that differ are listed with their first key, and the "
      "exit status is 1. With --to the fold ends at that entry, and the "
      "states are compared only if the store stands there too. A journal "
      "from which entries were dropped cannot be replayed whole. With "
      "--compare-only the states of the stores A and B are compared, and "
      "nothing is folded. With --match what is folded may begin anywhere, "
      "and each item of the entries from --from to --to is held against what "
      "the state shows of it: what would become something else today is "
      "named, and the exit status is 1.",
      plctl_cmd_replay },

    { "check", "", 0, 0, 0,
      "hold every index of the store against its records",
      "Each inconsistency is a line, and the exit status is then 1. Reads "
      "all of the store in one snapshot.",
      plctl_cmd_check },

    { "audit", "", 0, 0,
      PLCTL_OPT_FROM | PLCTL_OPT_TO | PLCTL_OPT_TENANT,
      "prove that every accepted entry is stored, quarantined or a duplicate",
      "Decodes each webhook of the journal, or of a part of it, once more "
      "and looks each of its items up. What is not found is named, and the "
      "exit status is then 1. The hash is over all entries of the part and "
      "can be repeated from journal --raw --json. With --tenant the items of "
      "one tenant are counted.",
      plctl_cmd_audit },

    { "backup", "DEST", 1, 1, PLCTL_OPT_COMPACT | PLCTL_OPT_WITH_KEY,
      "copy the store, while it is in use, to a new folder",
      "DEST must not be there; it appears when all of it is on disk, by a "
      "rename of DEST.tmp. The state is copied first, then the journal, from "
      "which nothing is dropped meanwhile. The copy is opened and held "
      "against itself before it gets its name; backup.json in it says what "
      "it is, with a digest of each file. The key that tokens are sealed "
      "under is copied only with --with-key.",
      plctl_cmd_backup },

    { "compact", "", 0, 0, 0,
      "make the files of a store that nobody has open as small as may be",
      "Refuses where nginx, the sender or another parleyctl has it open. "
      "Needs room on the disk for a copy of each file, one after the other. "
      "May be killed at any moment.",
      plctl_cmd_compact },

    { "decode", "PROVIDER FILE", 2, 2, 0,
      "show the commands that a webhook's body becomes",
      "One JSON object a line, and last the number of items that are of no "
      "interest. FILE may be \"-\".",
      plctl_cmd_decode },

    { "sign", "PROVIDER SECRET_FILE BODY_FILE", 3, 3, 0,
      "print the signature header's value for a body",
      "PROVIDER is whatsapp. White space around the secret is not part of "
      "it. BODY_FILE may be \"-\".",
      plctl_cmd_sign },

    { "sms", "FILE [NAME=VALUE ...]", 1, PLCTL_WORDS_MAX - 1, 0,
      "print an SMS template with its variables filled in",
      "Variables stand in braces: {naam}. One without a value, and a value of "
      "no variable, are refused. How many segments it takes is told on "
      "standard error. FILE may be \"-\".",
      plctl_cmd_sms },

    { "number explain", "NUMBER [CODE]", 1, 2, PLCTL_OPT_TENANT,
      "say what a telephone number is: its country, kind and forms",
      "CODE is the calling code that a leading 0 stands for; --tenant: the "
      "tenant's. Shows how Parley keeps the number, and, where "
      PL_NUMBERING_FILE " stands beside parleyctl or in ../lib/parley, what "
      "libphonenumber knows of it, which is a hint and as old as that.",
      plctl_cmd_number_explain },

    { "schema", "", 0, 0, 0,
      "list the tables of both environments",
      NULL, plctl_cmd_schema },

    { "keygen", "[FILE]", 0, 1, 0,
      "make a key for parley_key_file",
      "FILE must not exist; it is readable by its owner alone. Without it "
      "the key goes to stdout.",
      plctl_cmd_keygen },

    { "tenant add", "TENANT [FIELD=VALUE...]", 1, PLCTL_WORDS_MAX - 2, 0,
      "make a tenant that nginx.conf does not have",
      "It is there at once. Fields are those of createTenant: like, "
      "time_zone, language, rate_per_s, weight, stop_text, limits.channels "
      "and others. The request goes to the journal; what became of it is "
      "reported within 5 seconds: made, or refused with the rule, and the "
      "exit status is then 1.",
      plctl_cmd_place_add },

    { "tenant set", "TENANT FIELD=VALUE...", 2, PLCTL_WORDS_MAX - 2, 0,
      "change what a tenant says that was made so",
      "What is not named stays; \"FIELD=\" takes a field away.",
      plctl_cmd_place_set },

    { "tenant list", "", 0, 0, PLCTL_OPT_LIMIT,
      "list the tenants, of nginx.conf and made since",
      NULL, plctl_cmd_tenant_list },

    { "tenant show", "TENANT", 1, 1, 0,
      "show what a tenant says",
      NULL, plctl_cmd_place_show },

    { "tenant pause", "TENANT", 1, 1, PLCTL_OPT_REASON | PLCTL_OPT_FOR,
      "stop all sending of a tenant: pause tenant",
      NULL, plctl_cmd_pause_tenant },

    { "tenant resume", "TENANT", 1, 1, 0,
      "let a tenant go on: resume tenant",
      NULL, plctl_cmd_resume_tenant },

    { "tenant export", "TENANT FILE", 2, 2, 0,
      "write out all that a tenant has, as lines of JSON",
      "Of one snapshot, to FILE, which must not be there yet, or with \"-\" to "
      "standard output: docs/tenants.md says what is in it. The last line has "
      "the number of rows of each table and the SHA-256 of all lines before "
      "it, which goes to the audit log, too; without it FILE was cut off. "
      "Secrets are not in it, nor are files, which it names.",
      plctl_cmd_tenant_export },

    { "tenant import", "TENANT FILE", 2, 2, 0,
      "read an export of another store into a tenant that has nothing yet",
      "The tenant, and a channel of the name of each that the export has, "
      "are made first. All of FILE is held against its last line before "
      "anything is asked for; then it goes to the journal piece by piece, "
      "behind the fold. Who was interrupted runs it again with the same "
      "FILE, and it goes on. The exit status is 1 where it is refused, with "
      "the rule.",
      plctl_cmd_tenant_import },

    { "tenant abandon", "TENANT", 1, 1, 0,
      "give up an import of which the rest cannot be had",
      "What came of it is taken away, and the tenant has nobody again. Where "
      "none goes on, what came meanwhile is read: import reads it too.",
      plctl_cmd_tenant_abandon },

    { "tenant remove", "TENANT", 1, 1, 0,
      "remove a tenant that was made so, and its channels",
      "Nothing is taken in or sent for it any more; what was stored stays.",
      plctl_cmd_place_remove },

    { "channel add", "TENANT CHANNEL PROVIDER FIELD=VALUE...", 4,
      PLCTL_WORDS_MAX - 2, PLCTL_OPT_TOKEN_FILE,
      "make a channel that nginx.conf does not have",
      "PROVIDER is whatsapp, twilio or smtp. Fields are those of "
      "createChannel: account, api_base_url, rate_per_s, user and others. A "
      "token comes from a file or from stdin, is sealed before it is written "
      "anywhere, and is printed by nothing.",
      plctl_cmd_place_add },

    { "channel set", "TENANT CHANNEL [FIELD=VALUE...]", 2,
      PLCTL_WORDS_MAX - 2, PLCTL_OPT_TOKEN_FILE,
      "change what a channel says that was made so",
      "What is not named stays, its token as well; \"FIELD=\" takes a field "
      "away. Another token is used from the next message on.",
      plctl_cmd_place_set },

    { "channel list", "[TENANT]", 0, 1, PLCTL_OPT_LIMIT,
      "list the channels, of nginx.conf and made since",
      "Of a token no more is shown than that it is set.",
      plctl_cmd_channel_list },

    { "channel show", "TENANT CHANNEL", 2, 2, 0,
      "show what a channel says",
      NULL, plctl_cmd_place_show },

    { "channel pause", "TENANT CHANNEL", 2, 2,
      PLCTL_OPT_REASON | PLCTL_OPT_FOR,
      "stop all sending of a channel: pause channel",
      NULL,
      plctl_cmd_pause_channel },

    { "channel resume", "TENANT CHANNEL", 2, 2, 0,
      "let a channel go on: resume channel",
      NULL,
      plctl_cmd_resume_channel },

    { "channel remove", "TENANT CHANNEL", 2, 2, 0,
      "remove a channel that was made so",
      NULL, plctl_cmd_place_remove },

    { "key add", "[TENANT] ROLE", 1, 2,
      PLCTL_OPT_ALL | PLCTL_OPT_NAME | PLCTL_OPT_EXPIRES,
      "make a key for the API, and show its secret this once",
      "ROLE is admin, agent, bot or readonly, of the tenant; or, with --all "
      "in place of a tenant, operator. Nothing is kept of the secret but its "
      "SHA-256. With --expires it is nobody's from then on; --name says what "
      "it is for.",
      plctl_cmd_key_add },

    { "key list", "", 0, 0, PLCTL_OPT_LIMIT,
      "list the API's keys, those that were revoked too",
      "Of a secret nothing is shown.",
      plctl_cmd_key_list },

    { "key revoke", "ID", 1, 1, PLCTL_OPT_EXPIRES,
      "revoke a key of the API, for good",
      "ID is that of the list (key_4). It is nobody's as soon as the journal "
      "is folded; with --expires from then on, whatever it was before.",
      plctl_cmd_key_revoke },

    { "key reseal", "", 0, 0, 0,
      "seal under the first key what an older one sealed",
      "Where parley_key_file is repeated, what tokens and subscriptions' "
      "secrets were sealed under one behind the first is sealed under the "
      "first, so that the other can go. The exit status is 1 where one is "
      "left under an older key, or opens under none of them.",
      plctl_cmd_key_reseal },

    { "api", "METHOD PATH", 2, 2, PLCTL_OPT_TENANT | PLCTL_OPT_FILE,
      "call the API on this store, as an operator",
      "PATH is as in \"/v1/me?x=y\"; --file is the body, --tenant whose "
      "data it is. The answer's body goes to stdout; the exit status is 1 "
      "where it is a problem.",
      plctl_cmd_api },

    { "openapi", "", 0, 0, 0,
      "print what the API is: docs/openapi.yaml",
      "With --json it is one JSON text.",
      plctl_cmd_openapi },

    { "flow check", "FILE...", 1, PLCTL_WORDS_MAX - 2,
      PLCTL_OPT_TENANT | PLCTL_OPT_TEMPLATES | PLCTL_OPT_QUIET,
      "check flow files, as nginx -t does",
      "Every mistake is shown as FILE:LINE:COLUMN, up to 50 of a file; with "
      "one the exit status is 1. A warning is what is sound and hardly meant "
      "so. Templates are held against those of a file of drafts "
      "(--templates), or against those that the provider lists for a tenant "
      "of the store (--tenant; with --store alone, its only one).",
      plctl_cmd_flow_check },

    { "flow diagram", "FILE", 1, 1, PLCTL_OPT_FORMAT,
      "draw a flow: what leads from step to step",
      "As a flowchart for Mermaid, or with --format dot for Graphviz. The "
      "same file gives the same text.",
      plctl_cmd_flow_diagram },

    { "flow schema", "", 0, 0, 0,
      "print the JSON Schema of flow files, for editors",
      "Draft 2020-12. A flow file names it by its \"$schema\".",
      plctl_cmd_flow_schema },

    { "flow start", "TENANT CHANNEL ADDRESS [VARIABLE=VALUE...]", 3, 67,
      PLCTL_OPT_FLOW | PLCTL_OPT_STEP | PLCTL_OPT_EVENT,
      "begin a flow with somebody, or tell flows an event of them",
      "ADDRESS is as for send. One of --flow and --event is needed. The "
      "variables are set before a flow looks at them, at most 64. The "
      "request goes to the journal; what became of it is reported once it "
      "has been folded, within 5 seconds: begun, or refused with the rule, "
      "and the exit status is then 1. Whether what the flow says may be "
      "sent, policy decides.",
      plctl_cmd_flow_start },

    { "handover take", "TENANT ADDRESS", 2, 2,
      PLCTL_OPT_OWNER | PLCTL_OPT_REASON,
      "take a conversation over from the bot, or from somebody",
      "From then on no flow answers it, and what the bot had not sent yet "
      "is dropped. ADDRESS is a phone number, a user id, or a contact "
      "(cnt_4). Where somebody else was quicker nothing changes, and the "
      "exit status is 1.",
      plctl_cmd_handover_take },

    { "handover release", "TENANT ADDRESS", 2, 2, PLCTL_OPT_REASON,
      "give a conversation back to the bot",
      "A question that waited waits on.",
      plctl_cmd_handover_release },

    { "privacy delete", "TENANT ADDRESS", 2, 2, PLCTL_OPT_REASON,
      "forget a person: name, addresses, messages, files",
      "ADDRESS is a phone number, a user id, an email address, or a contact "
      "(cnt_4); one that nobody is known by is remembered as forgotten as "
      "well, which is said (\"nobody by that address was known\"; with "
      "--json the row has no contact), and the exit status is 0. --reason "
      "says on what legal basis. The request goes to the journal and the "
      "sender does it, some thousand messages a second. It cannot be undone.",
      plctl_cmd_privacy_delete },

    { "privacy export", "TENANT ADDRESS", 2, 2, 0,
      "write out all that is known of a person, as one JSON document",
      "To standard output, of one snapshot; its SHA-256 goes to the audit "
      "log, and to standard error. Files are named, not in it.",
      plctl_cmd_privacy_export },

    { "privacy revoke", "TENANT ADDRESS", 2, 2, 0,
      "revoke a person's consent to marketing",
      "What waits of it is taken back. A second time nothing changes.",
      plctl_cmd_privacy_revoke },

    { "clock", "TENANT [TIME]", 1, 2, 0,
      "show a tenant's own clock, or turn that of a sandbox tenant",
      "TIME is +DURATION, of d, h, m, s and ms, or RFC 3339: the clock then "
      "shows that. It is turned forward only. Messages, windows, tasks and "
      "timers of the tenant go by it; other tenants' do not. The request "
      "goes to the journal; what became of it is reported within 5 seconds: "
      "turned, or refused with the rule, and the exit status is then 1.",
      plctl_cmd_clock },

    { "chat", "FLOW...", 1, PLCTL_STAGE_FLOWS_MAX,
      PLCTL_OPT_SETTINGS | PLCTL_OPT_TEMPLATES | PLCTL_OPT_ZONE
      | PLCTL_OPT_KEEP | PLCTL_OPT_NAME | PLCTL_OPT_LANGUAGE
      | PLCTL_OPT_AT,
      "talk with a flow in the terminal",
      "What is typed is what the person writes; lines with a / do more, and "
      "/help says what. Flows, policy, timers and sending are the engine's "
      "own, in a store in a temporary folder; the provider is played, and "
      "the clock is turned by /at. It reads from a pipe as well.",
      plctl_cmd_chat },

    { "simulate", "FLOW... SCRIPT...", 2, PLCTL_WORDS_MAX,
      PLCTL_OPT_SETTINGS | PLCTL_OPT_TEMPLATES | PLCTL_OPT_ZONE
      | PLCTL_OPT_KEEP | PLCTL_OPT_COVER | PLCTL_OPT_TAP,
      "play scripts against flows, and say which lines do not hold",
      "A file whose name ends in .json is a flow, any other a script; "
      "docs/simulate.md has the language. Each script is played in a store "
      "of its own, in a temporary folder, on the real engine, with a clock "
      "of its own that moves when the script says so. What left and was "
      "expected by no line counts as a line that does not hold. The exit "
      "status is 1 where one does not, or where a script has a mistake, "
      "which is shown as FILE:LINE:COLUMN.",
      plctl_cmd_simulate },

    { "manual", "", 0, 0, 0,
      "print this manual as a man page",
      NULL, plctl_cmd_manual },
};

const size_t  plctl_commands_count = PL_COUNT(plctl_commands);
