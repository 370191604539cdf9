/*
 * apply: the one door to state. Commands in, records, effects and feeds out,
 * inside the fold's transaction. Deterministic: its inputs are the state,
 * the command, the entry's sequence and time, and the settings as folded so
 * far; it reads no clock, draws no random numbers, and does no I/O but the
 * store's.
 *
 * A command is validated before it writes. So a status other than PL_OK is
 * one of two things: PL_INVALID, when the command cannot be applied and
 * nothing was written (the fold puts it into quarantine); or a failure of
 * the store, when the transaction must be aborted.
 *
 * All of it belongs to the folding thread.
 */

#ifndef PL_APPLY_H_INCLUDED
#define PL_APPLY_H_INCLUDED

#include "../core/crypto.h"
#include "../core/match.h"
#include "aside.h"
#include "keys.h"
#include "retry.h"
#include "settings.h"
#include "told.h"
#include "watch.h"

#define PL_TALLIES_MAX   128
#define PL_UNREADS_MAX   32
#define PL_ODD_DAYS_MAX  16     /* room in the fold's StateMeta.odd_days */

/* A counter's increments of this transaction, written at its end. */
typedef struct {
    uint32_t     tenant;
    uint32_t     day;           /* since 1970, UTC, by the entry's time */
    const char  *metric;        /* static */
    const char  *label;         /* static */
    uint64_t     n;
} pl_tally_t;

/* The same of what is unread (inbox.h). */
#define PL_UNREAD_OWNER_MAX  64

typedef struct {
    uint32_t     tenant;
    int64_t      conversations;
    int64_t      messages;
    char         owner[PL_UNREAD_OWNER_MAX + 1];    /* "": the bot */
} pl_unread_t;

/* What a command is applied in. */
typedef struct {
    pl_txn_t              *txn;
    pl_arena_t            *ar;          /* reset after each item */
    const pl_settings_t   *settings;
    pl_settings_t         *snapshot;    /* the same, where it may follow what
                                           is put; NULL: it may not */
    Pl__StateMeta         *meta;        /* ids are drawn from it */
    pl_hash_t             *hash;
    pl_match_state_t      *match;
    const pl_codec_t      *codec;       /* for the answers of forms */
    const pl_stop_t       *stop;        /* the lists that are built in */
    uint64_t               entry;       /* of the command */
    int64_t                now_ms;      /* the entry's time, by the clock of
                                           the tenant it is about */
    int64_t                offset_ms;   /* that is so far ahead */
    pl_str_t               provider;    /* the entry's; empty: none */
    const char            *traceparent; /* the entry's; NULL: none */
    const Pl__Entry       *came;        /* the entry, of a webhook; or NULL */
    const char            *token;       /* it is signed by; NULL: by none */
    bool                   republished; /* settings changed: load anew */
    Pl__Verdict           *asked;       /* what Asked will say; NULL: nobody
                                           asked (asked.h) */
    size_t                 n_tallies;
    pl_tally_t             tallies[PL_TALLIES_MAX];
    size_t                 n_unread;
    pl_unread_t            unread[PL_UNREADS_MAX];
    uint64_t               n_aside;     /* put into quarantine by this step;
                                           the first of them are named */
    pl_aside_t             aside[PL_ASIDE_MAX];
    const pl_watch_t      *watch;       /* NULL: nobody looks */
    pl_told_t              told;        /* by this step, for metrics alone */
} pl_apply_t;

pl_status_t pl_apply(pl_apply_t *ap, const Pl__Command *command,
    pl_err_t *err);

/*
 * Before the first item of an entry that is signed by ap->token, however many
 * it has: the token is this entry's from now on. *spent: it is another one's
 * already, and none of the items is to be applied.
 */
pl_status_t pl_apply_token(pl_apply_t *ap, bool *spent, pl_err_t *err);

/* The same afterwards: was it another entry's? Reads alone. */
pl_status_t pl_apply_spent(pl_apply_t *ap, bool *spent, pl_err_t *err);

/* The same, by the clock that is in place: of a command in another one. */
pl_status_t pl_apply_command(pl_apply_t *ap, const Pl__Command *command,
    pl_err_t *err);

/* The next record's sequence. */
uint64_t pl_apply_id(pl_apply_t *ap);

/* The list of n with one more behind it, in the arena; NULL: it is full. */
void *pl_apply_list(pl_apply_t *ap, const void *list, size_t n, void *item);
uint64_t *pl_apply_list_u64(pl_apply_t *ap, const uint64_t *list, size_t n,
    uint64_t item);

/* ---- feeds (feed.c) ------------------------------------------------- */

pl_status_t pl_feed_audit(pl_apply_t *ap, uint32_t tenant,
    Pl__AuditKind kind, uint64_t subject, const char *rule,
    const char *text, pl_err_t *err);

/* The same, of what somebody asked for. actor NULL: nobody is known. */
pl_status_t pl_feed_audit_by(pl_apply_t *ap, uint32_t tenant,
    Pl__AuditKind kind, uint64_t subject, const char *rule,
    const char *actor, pl_err_t *err);

/* The same, of all that a row may say; time and entry are filled in. */
pl_status_t pl_feed_audit_row(pl_apply_t *ap, uint32_t tenant,
    Pl__AuditEvent *row, pl_err_t *err);

/*
 * A consent as it stands since: an event of the audit log, and of the
 * contact's own, which is kept for good. rule: its source.
 */
pl_status_t pl_feed_audit_consent(pl_apply_t *ap, uint32_t tenant,
    uint64_t contact, const Pl__Consent *consent, const char *text,
    pl_err_t *err);

/*
 * Counts one. metric and label must be string literals. Increments are kept
 * in memory; PL_OK or the failure of a flush when the table is full.
 */
pl_status_t pl_feed_count(pl_apply_t *ap, uint32_t tenant,
    const char *metric, const char *label, pl_err_t *err);

/*
 * Tells whoever folds, and nobody else: it is no part of the state
 * (told.h). metric and label must be string literals.
 */
void pl_feed_tell(pl_apply_t *ap, const char *metric, const char *label,
    uint64_t n);

/* The provider told something of this channel. */
void pl_feed_heard(pl_apply_t *ap, uint32_t channel);

/* Writes the increments; before the transaction is committed. */
pl_status_t pl_feed_flush(pl_apply_t *ap, pl_err_t *err);

/* An item that cannot be handled, kept raw. account, path may be NULL. */
typedef struct {
    uint32_t     tenant;        /* 0: belongs to none */
    uint32_t     item;
    const char  *account;
    const char  *path;
    const char  *reason;
    pl_str_t     raw;
    pl_str_t     command;       /* packed: to be applied later (import.h) */
} pl_unfit_t;

pl_status_t pl_feed_quarantine(pl_apply_t *ap, const pl_unfit_t *unfit,
    pl_err_t *err);

/* ---- what is told to others (feed_change.c; docs/events.md) --------- */

/* A row of `changes`. state 0: none. */
pl_status_t pl_feed_change(pl_apply_t *ap, Pl__ChangeKind kind,
    const pl_party_t *party, uint64_t message, Pl__MessageState state,
    pl_err_t *err);

/* The same, of all that a row may say; party and time are filled in. */
pl_status_t pl_feed_change_row(pl_apply_t *ap, const pl_party_t *party,
    Pl__Change *row, pl_err_t *err);

/* A flow told an event of a conversation. */
pl_status_t pl_feed_event(pl_apply_t *ap, const pl_party_t *party,
    const char *name, pl_err_t *err);

/* This part of a conversation is another. */
pl_status_t pl_feed_part(pl_apply_t *ap, const pl_party_t *party,
    Pl__ConversationPart part, pl_err_t *err);

/* The same of what is no part: windows. actor, reason may be NULL. */
pl_status_t pl_feed_conversation(pl_apply_t *ap, const pl_party_t *party,
    const char *what, const char *actor, const char *reason, pl_err_t *err);

/* content: a message says something else. told: armed, fired, cancelled. */
pl_status_t pl_feed_contact(pl_apply_t *ap, uint32_t tenant,
    uint64_t contact, pl_err_t *err);
pl_status_t pl_feed_content(pl_apply_t *ap, uint64_t id,
    const Pl__Message *message, pl_err_t *err);
pl_status_t pl_feed_handover(pl_apply_t *ap, const pl_party_t *party,
    uint64_t audit, pl_err_t *err);     /* audit: the event that says why */
pl_status_t pl_feed_task(pl_apply_t *ap, const pl_party_t *party,
    const char *told, uint64_t timer, int64_t due_ms, pl_err_t *err);
pl_status_t pl_feed_consent(pl_apply_t *ap, uint32_t tenant,
    uint64_t contact, const Pl__Consent *consent, uint64_t audit,
    pl_err_t *err);                     /* audit: likewise */
pl_status_t pl_feed_template(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const char *name,
    const char *language, pl_err_t *err);
pl_status_t pl_feed_fact(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const Pl__ChannelFact *fact, pl_err_t *err);

/* ---- what a provider tells of an account (apply_account.c) ---------- */

/* Audits one event of a webhook field, and counts it by field. */
pl_status_t pl_account_told(pl_apply_t *ap, uint32_t tenant,
    uint64_t subject, const char *field, const char *event, pl_err_t *err);

/* The same for an item whose account is none of the configured channels. */
pl_status_t pl_feed_unknown(pl_apply_t *ap, const char *account,
    const char *path, const ProtobufCBinaryData *raw, pl_err_t *err);

/* ---- people (contact.c) --------------------------------------------- */

#define PL_ADDRESSES_MAX  32        /* of a contact */
#define PL_JOINED_MAX     32        /* contacts joined to one; and in a row */
#define PL_CONSENTS_MAX   16        /* categories of a contact */

/*
 * The contact that a sender is, found by user id, then by phone, then by the
 * phone's other form (alias.h); made where there is none; names and
 * addresses brought up to date. Never one that was joined to another. In the
 * arena.
 */
pl_status_t pl_contact_resolve(pl_apply_t *ap, uint32_t tenant,
    const Pl__Sender *from, Pl__Contact **contact, pl_err_t *err);

/*
 * Addresses that are this contact's as well, by an operator's word, and that
 * nobody else has (pl_contact_known). The contact is the caller's to put.
 */
pl_status_t pl_contact_add(pl_apply_t *ap, uint32_t tenant,
    Pl__Contact *contact, const Pl__Sender *also, bool *changed,
    pl_err_t *err);

/*
 * The contact that such a sender with one address alone is, by reads alone:
 * PL_NOTFOUND where resolve would make one.
 */
pl_status_t pl_contact_known(pl_apply_t *ap, uint32_t tenant,
    const Pl__Address *address, Pl__Contact **contact, pl_err_t *err);

pl_status_t pl_contact_get(pl_apply_t *ap, uint32_t tenant, uint64_t id,
    Pl__Contact **contact, pl_err_t *err);

/*
 * The same; of one that was joined, the contact that it is since. Joins that
 * lead in a circle, nowhere, to one that was erased, or on for more than
 * PL_JOINED_MAX, end where they came to: the fold makes none, but what was read
 * in may have them.
 */
pl_status_t pl_contact_root(pl_apply_t *ap, uint32_t tenant, uint64_t id,
    Pl__Contact **contact, pl_err_t *err);

pl_status_t pl_contact_put(pl_apply_t *ap, uint32_t tenant,
    const Pl__Contact *contact, pl_err_t *err);

/* By an address. PL_NOTFOUND, also for a value that is NULL or "". */
pl_status_t pl_contact_find(pl_apply_t *ap, uint32_t tenant,
    Pl__AddressKind kind, const char *value, uint64_t *id, pl_err_t *err);

/* The contact's row of an address, or NULL. */
Pl__Address *pl_contact_lists(const Pl__Contact *contact,
    Pl__AddressKind kind, const char *value);

/*
 * Where to send to: of the phones, else of the user ids (on a channel of
 * mail, of its addresses), the one shown or taught last and not left; or NULL.
 */
const Pl__Address *pl_contact_address(const Pl__Contact *contact,
    const pl_channel_conf_t *channel);

/* Mail came from this address, or NULL: the one used last. True: changed. */
bool pl_contact_mailed(const pl_apply_t *ap, Pl__Contact *contact,
    const char *email);

/*
 * The answer to a send names the form that the provider knows this person
 * by: it is learned, and later sends go there. sent: where this one went.
 */
pl_status_t pl_contact_taught(pl_apply_t *ap, const Pl__Message *sent,
    const char *recipient, pl_err_t *err);

/* ---- contacts that turn out to be one (contact_join.c) -------------- */

/*
 * Addresses that nobody has, for a contact that is known already: they are
 * put, and a merge remembers them. The contact is the caller's to put.
 * Past PL_ADDRESSES_MAX they are counted and not taken.
 */
typedef struct {
    Pl__AddressKind   kind;
    const char       *value;
    const char       *given;        /* as it was said; NULL: so */
} pl_learned_t;

#define PL_LEARNED_MAX  3           /* at once: one of each kind */

pl_status_t pl_contact_learn(pl_apply_t *ap, uint32_t tenant,
    Pl__Contact *contact, const pl_learned_t *learned, size_t n,
    Pl__Evidence evidence, bool merge, pl_err_t *err);

/*
 * Two contacts are one from now on: the older of them stays (*root) and gets
 * the other's addresses and windows. Both are put. An operator may join what
 * was taken apart; a rule may not: *root is then `a`, unchanged, as it is
 * where a limit forbids it.
 */
pl_status_t pl_contact_join(pl_apply_t *ap, uint32_t tenant, Pl__Contact *a,
    Pl__Contact *b, Pl__Evidence evidence, const char *actor,
    Pl__Contact **root, pl_err_t *err);

/* Somebody else has a phone that this contact had: it lists it no more. */
pl_status_t pl_contact_release(pl_apply_t *ap, uint32_t tenant, uint64_t id,
    const char *phone, pl_err_t *err);

/* ---- consent (contact_consent.c; docs/consent.md) ------------------- */

#define PL_CONSENT_MARKETING  "marketing_messages"  /* the provider's name */
#define PL_CONSENT_ALL        "all"     /* revoked: every category is */

/* How a person stands to a category of messages. */
typedef enum {
    PL_CONSENT_UNKNOWN = 0,     /* never asked */
    PL_CONSENT_GRANTED,
    PL_CONSENT_PAUSED,          /* an unclear word waits for a reader */
    PL_CONSENT_REVOKED
} pl_consent_e;

/* What was said last of a category; NULL: never asked. */
Pl__Consent *pl_contact_consent_row(const Pl__Contact *contact,
    const char *category);

/* Only PL_CONSENT_GRANTED allows anything. Pure. */
pl_consent_e pl_contact_consent_state(const Pl__Contact *contact,
    const char *category);

/*
 * What a person allowed or forbade: a newer word stands, and of two at the
 * same second, or of two clocks and minutes apart, the one that forbids
 * (contact_consent.c). *changed may be NULL. The caller puts the contact.
 */
pl_status_t pl_contact_consent(pl_apply_t *ap, Pl__Contact *contact,
    const Pl__Consent *consent, bool *changed, pl_err_t *err);

/* The group that a provider's group id is, made where there is none. */
pl_status_t pl_contact_group(pl_apply_t *ap, uint32_t tenant,
    uint32_t channel, const char *group_id, uint64_t *group, pl_err_t *err);

/* ---- conversations (conversation.c) --------------------------------- */

/* Loads a conversation, or an empty new one, into the arena. */
pl_status_t pl_conversation_get(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation **conv, pl_err_t *err);
pl_status_t pl_conversation_put(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err);

/*
 * Stores a message as the conversation's newest: gives it its id, links it
 * to the one before, and notes both on the conversation (not yet put).
 */
pl_status_t pl_conversation_add(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, Pl__Message *message, uint64_t *id,
    pl_err_t *err);

/* Until when free-form messages may go; 0: no window was ever open. */
int64_t pl_conversation_until(const Pl__Conversation *conv,
    uint32_t channel, uint64_t contact);

/* ---- windows (window.c; docs/windows.md) ---------------------------- */

/* Where a message comes from, as far as windows are concerned. */
typedef enum {
    PL_WINDOW_LIVE = 0,         /* a person wrote to the channel */
    PL_WINDOW_GROUP,            /* a person wrote in a group */
    PL_WINDOW_ECHO,             /* the business wrote in the provider's app */
    PL_WINDOW_HISTORY           /* from before the number came to us */
} pl_window_e;

/* Does a message of this kind open a window? The one place that says so. */
bool pl_window_opens(pl_window_e from, const Pl__Content *content);

typedef struct {
    uint32_t  channel;
    uint64_t  contact;
    uint64_t  merge;            /* of the address it came from; 0: none */
    int64_t   provider_ms;
    bool      entry_point;      /* an ad or a post led here */
} pl_window_in_t;

/*
 * Opens or prolongs the 24-hour window of (channel, contact) by a message of
 * theirs: from the provider's time, never beyond now + 24 h, never moved
 * back (provider-facts 2.5).
 */
pl_status_t pl_window_open(pl_apply_t *ap, Pl__Conversation *conv,
    const pl_window_in_t *in, pl_err_t *err);

/*
 * The provider said at said_ms that it is closed: to whom this message was to
 * go, none that was opened before lasts beyond now. Was anything changed?
 */
bool pl_window_close(Pl__Conversation *conv, const Pl__Message *message,
    int64_t said_ms, int64_t now_ms);

/*
 * A number that many share: has the contact joined it, which is to say written
 * there within 72 hours? And: the provider said at said_ms that they have not.
 */
bool pl_window_joined(const Pl__Conversation *conv, uint32_t channel,
    uint64_t contact, int64_t now_ms);
bool pl_window_left(Pl__Conversation *conv, const Pl__Message *message,
    int64_t said_ms, int64_t now_ms);

/* Would an answer that leaves now begin the 72 hours of an entry point? */
bool pl_window_entry(const Pl__Conversation *conv, uint32_t channel,
    uint64_t contact, int64_t now_ms);

/*
 * An answer to an entry point was sent at sent_ms: templates cost nothing
 * for 72 hours. Where the provider said until when (until_ms not 0) that
 * stands, at most 72 hours from now. Was anything changed?
 */
bool pl_window_free(Pl__Conversation *conv, uint32_t channel,
    uint64_t contact, int64_t sent_ms, int64_t until_ms, int64_t now_ms);

/* Until when templates cost nothing; 0: no entry point. */
int64_t pl_window_free_until(const Pl__Conversation *conv, uint32_t channel,
    uint64_t contact);

/* Copies windows of a contact that joins; and takes them back. */
pl_status_t pl_window_join(pl_apply_t *ap, Pl__Conversation *into,
    const Pl__Conversation *from, const Pl__ContactMerge *merge,
    pl_err_t *err);
pl_status_t pl_window_split(pl_apply_t *ap, Pl__Conversation *into,
    Pl__Conversation *from, const Pl__ContactMerge *merge, pl_err_t *err);

/* ---- messages (message.c) ------------------------------------------- */

pl_status_t pl_message_get(pl_apply_t *ap, uint64_t id,
    Pl__Message **message, pl_err_t *err);

/* newest: id was drawn just now, so that the row goes to the right edge. */
pl_status_t pl_message_put(pl_apply_t *ap, uint64_t id,
    const Pl__Message *message, bool newest, pl_err_t *err);

/* What it cost, and in how many segments it went: as said, or as counted. */
void pl_message_cost(pl_apply_t *ap, Pl__Message *message,
    const Pl__SendResult *in);

/*
 * Raises a message's state if the new one ranks higher (record.proto), keeps
 * the fact either way, stores, and feeds the change. time_s 0: no fact.
 */
pl_status_t pl_message_raise(pl_apply_t *ap, uint64_t id,
    Pl__Message *message, Pl__MessageState state, int64_t time_s,
    pl_err_t *err);

/*
 * Keeps a fact in a list: the first time that each state was said. *news:
 * it was not there.
 */
pl_status_t pl_message_fact(pl_apply_t *ap, Pl__StatusFact ***facts,
    size_t *n, Pl__MessageState state, int64_t time_s, bool *news,
    pl_err_t *err);

/* ---- statuses (apply_status.c, parked.c; docs/statuses.md) ---------- */

/* A status of a message that is known. The message is read and put. */
pl_status_t pl_status_apply(pl_apply_t *ap, uint64_t id,
    const Pl__DeliveryStatus *in, pl_err_t *err);

#define PL_PARKED_ROWS_MAX      65536   /* ids; further ones are dropped */
#define PL_PARKED_STATUSES_MAX  16      /* of one id */

/* Keeps a status whose message is not known. */
pl_status_t pl_parked_put(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    const Pl__DeliveryStatus *in, pl_err_t *err);

/* A send was answered with its id: what was parked under it is applied. */
pl_status_t pl_parked_take(pl_apply_t *ap, uint32_t channel,
    const char *provider_id, uint64_t message, pl_err_t *err);

/* Drops up to rows rows that have been parked for too long. */
pl_status_t pl_parked_prune(pl_apply_t *ap, uint32_t rows, pl_err_t *err);

/* ---- outbox (queue.c, attempt.c) ------------------------------------ */

/* When a message is to be sent, and with what it may not coexist. */
typedef struct {
    Pl__Lane     lane;
    int64_t      at_ms;         /* after now: it is queued then; else 0 */
    int64_t      expires_ms;    /* never sent at this or later; 0: no end */
    uint64_t     campaign;      /* that it belongs to; 0: none */
    const char  *collapse_key;  /* NULL: none (collapse.h) */
} pl_queue_how_t;

/*
 * Queues a stored message for sending; policy has its first say. What it
 * puts off waits in a timer (later.h), and the message says so; what it
 * blocks, and what a queue of PL_QUEUE_MAX does not take, ends as a dead
 * letter with its reason, visibly. The queue is noted on the conversation,
 * which the caller stores. The effect takes the next number,
 * ap->meta->next_id. One that is to be sent later is queued when its timer
 * has fired (later.h).
 */
pl_status_t pl_queue_add(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, uint64_t message_id, Pl__Message *message,
    const pl_queue_how_t *how, pl_err_t *err);

/*
 * The same for an effect that there is already, with its own number: it goes
 * behind all that waits. created_ms and due_ms are now.
 */
pl_status_t pl_queue_arrive(pl_apply_t *ap, Pl__Conversation *conv,
    Pl__Message *message, Pl__Effect *effect, pl_err_t *err);

/*
 * An effect back at its place; `due` if it heads its queue. Reads, and where
 * the effect had ended before stores, its conversation: never while the
 * caller has a changed one of it in hand.
 */
pl_status_t pl_queue_put(pl_apply_t *ap, Pl__Effect *effect,
    pl_err_t *err);

/* Takes an effect out for good; the next of its queue becomes due. */
pl_status_t pl_queue_end(pl_apply_t *ap, const Pl__Effect *effect,
    pl_err_t *err);

/* The same, of one that another is in front of: nobody's turn comes by it. */
pl_status_t pl_queue_end_behind(pl_apply_t *ap, const Pl__Effect *effect,
    pl_err_t *err);

/* What looks at an effect of a queue; it may end it. behind: another is in
   front of it. */
typedef pl_status_t (*pl_queue_look_pt)(pl_apply_t *ap,
    const Pl__Effect *effect, bool behind, const void *data, pl_err_t *err);

/*
 * All of a queue, from its end, so that none becomes due for nothing; each in
 * memory of its own (room.h). An error of look ends it, and is
 * returned.
 */
pl_status_t pl_queue_walk(pl_apply_t *ap, const Pl__Queue *queue,
    pl_queue_look_pt look, const void *data, pl_err_t *err);

/* Takes the head's `due` row away while its attempt is on the wire. */
pl_status_t pl_queue_hold(pl_apply_t *ap, const Pl__Effect *effect,
    pl_err_t *err);

/*
 * Its row, if it was set aside (queue_aside.c), goes; and is taken back to
 * the place that it came from, by the row's key, which must not point into
 * the store, and the first bytes of its value.
 */
pl_status_t pl_queue_unaside(pl_apply_t *ap, const Pl__Effect *effect,
    pl_err_t *err);
pl_status_t pl_queue_return(pl_apply_t *ap, pl_str_t key, pl_str_t place,
    pl_err_t *err);

/* Is it set aside? */
pl_status_t pl_queue_is_aside(pl_apply_t *ap, const Pl__Effect *effect,
    bool *aside, pl_err_t *err);

/* Is it its turn? Another may have come before it since it was read. */
pl_status_t pl_queue_heads(pl_apply_t *ap, const Pl__Effect *effect,
    bool *heads, pl_err_t *err);

pl_status_t pl_queue_get(pl_apply_t *ap, const Pl__Attempt *key,
    Pl__Effect **effect, pl_err_t *err);

/*
 * Before a row with this effect is put in `outbox`, `attempts`, `unknown` or
 * `dead`. One with a collapse key is sealed under its contact's key; one with
 * a missed message, whose contact is not known yet, as the journal is.
 */
void pl_queue_secret(pl_apply_t *ap, const Pl__Effect *effect);

/*
 * One that has no row any more; or has one that nobody can read, since its
 * key was forgotten: it ends, or it would head its queue and be due for ever.
 */
pl_status_t pl_queue_gone(pl_apply_t *ap, const Pl__Attempt *in,
    pl_err_t *err);

/* Ends an effect as a dead letter and its message as failed. */
pl_status_t pl_queue_dead(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, const char *rule, int32_t code, pl_err_t *err);

/*
 * Notes in `attempts` that this sender may put it on the wire now, and takes
 * its row in `due` away.
 */
pl_status_t pl_attempt_begin(pl_apply_t *ap, Pl__Effect *effect,
    uint64_t epoch, pl_err_t *err);

/*
 * Makes an effect, whose attempt ended so, due again when the result says,
 * and counts the attempt. Why it ends instead, a literal, or NULL. The caller
 * puts it.
 */
const char *pl_attempt_put_off(const pl_apply_t *ap,
    const Pl__AttemptRecord *attempt, const Pl__SendResult *in);

/* A message's attempt, or the wait behind it, took so long of its age. */
void pl_attempt_aged(Pl__Effect *effect, int64_t took_ms);

/* Has a status told what became of it, before our own answer did? */
bool pl_attempt_told(const Pl__Message *message);

/* ---- what is unknown (unknown.c) ------------------------------------ */

/*
 * The attempt may have gone out and nobody knows: its effect waits in
 * `unknown` until a status, a person, or the channel's policy settles it.
 * Where a status was quicker it ends at once.
 */
pl_status_t pl_unknown_put(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    Pl__WireStage stage, const char *reason, pl_err_t *err);

/* The row of a message that is unknown. PL_NOTFOUND. */
pl_status_t pl_unknown_of(pl_apply_t *ap, uint32_t tenant,
    uint64_t message_id, Pl__UnknownSend **row, pl_err_t *err);

/* Its row is about to go: so does the timer that it may have. */
pl_status_t pl_unknown_disarm(pl_apply_t *ap, const Pl__UnknownSend *row,
    pl_err_t *err);

/* The timer of one that the channel's policy sends again. */
pl_status_t pl_unknown_fire(pl_apply_t *ap, const Pl__Timer *timer,
    pl_err_t *err);

/* Ends what is `unknown`: its message is known to be out. */
pl_status_t pl_attempt_settle(pl_apply_t *ap, uint32_t tenant,
    uint64_t message_id, pl_err_t *err);

/*
 * Takes a message that is known to be out off its queue, if it waits there
 * for another attempt. What is on the wire stays.
 */
pl_status_t pl_attempt_spare(pl_apply_t *ap, uint64_t message_id,
    pl_err_t *err);

/* ---- what became of each attempt (tried.c) -------------------------- */

/* Notes it on the effect, which the caller stores. PL_NOMEM. */
pl_status_t pl_tried_add(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__Tried *tried, pl_err_t *err);

/* The same, on the attempt's effect: by its result; or its sender ended. */
pl_status_t pl_tried_result(pl_apply_t *ap,
    const Pl__AttemptRecord *attempt, const Pl__SendResult *in,
    pl_err_t *err);
pl_status_t pl_tried_lost(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    Pl__WireStage stage, const char *reason, pl_err_t *err);

/* ---- timers (apply_misc.c) ------------------------------------------ */

/*
 * A timer ends, fired or called off: its row moves behind the running ones,
 * or, of a delayed send, whose message stays, goes. PL_NOTFOUND where it is
 * gone, or has ended before.
 */
pl_status_t pl_timer_end(pl_apply_t *ap, int64_t due_ms, uint64_t id,
    Pl__Timer **timer, pl_err_t *err);

/* ---- the commands (apply_*.c) --------------------------------------- */

#include "apply_commands.h"

#endif /* PL_APPLY_H_INCLUDED */
