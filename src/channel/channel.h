/*
 * A channel's provider: what it takes to verify its webhooks, decode them
 * to commands, build its requests, and classify its answers. One const
 * vtable per provider, in one file; pure: no clock, no I/O, no state.
 *
 * Adding a provider
 *
 * 1. src/channel/NAME.c with its pl_channel_t, NAME_shape.c with its rows
 * 2. lmdb-schema/NAME.proto: the part of its JSON or forms that is read
 * 3. a row in src/channel/registry.c
 * 4. t/fixtures/NAME/: bodies, each with its .expect
 * 5. docs/provider-NAME.md
 */

#ifndef PL_CHANNEL_H_INCLUDED
#define PL_CHANNEL_H_INCLUDED

#include "../core/arena.h"
#include "../core/crypto.h"
#include "../core/json.h"
#include "../core/sign.h"
#include "journal.pb-c.h"
#include "sift.h"
#include "template.pb-c.h"

/* What a webhook's verification looks at. Bytes are the wire's. */
typedef struct {
    pl_str_t         signature;     /* value of the vtable's header; empty
                                       where it is missing */
    pl_str_t         beside;        /* likewise, of the second one */
    pl_str_t         stamp;         /* and of the third */
    int64_t          now_s;         /* the caller's clock; 0: none */
    pl_str_t         url;           /* that was called, as the public knows
                                       it; empty: not signed */
    const pl_str_t  *body;          /* pieces in order */
    size_t           n_body;
} pl_signed_t;

/*
 * One location's secrets of one provider, ready for use: a MAC for each
 * secret, tried in turn (rotation). One thread at a time. Of a provider whose
 * accounts have secrets of their own (by_account) whose each one is, in the
 * order of bytes.
 */
typedef struct {
    pl_mac_t       **macs;
    size_t           n_macs;
    pl_sign_t       **keys;         /* of each secret that is a public key,
                                       or NULL; NULL: the provider has none */
    const pl_str_t  *accounts;      /* of each MAC; NULL: the location's */
} pl_secrets_t;

/*
 * What decode leaves: commands in the order of the body, in the arena. Every
 * item of a well-formed body is one command; what cannot be read is an
 * UnreadableItem among its neighbours.
 */
typedef struct {
    Pl__Command    **commands;
    size_t           n_commands;
    size_t           n_ignored;     /* items of no interest: other objects,
                                       fields that later issues read */
    const char      *token;         /* that the body is signed by, and no other
                                       may be: an entry with one that came
                                       before says nothing. NULL: none */
} pl_decoded_t;

/* What a send needs. All strings live as long as the call's arena. */
typedef struct {
    const Pl__ChannelSettings  *channel;
    const Pl__Message          *message;
    uint64_t                    message_id;
    const char                 *mark;       /* of the installation whose
                                               number it is */
    pl_str_t                    token;      /* opened; never logged */
    const char                 *proof;      /* of the message (mail.h); NULL
                                               but for mail */
    const char                 *unsubscribe;    /* a URL that takes a POST
                                               (RFC 8058); NULL: there is
                                               none */
    const Pl__TemplateRecord   *template;   /* the row of its template; NULL:
                                               there is none */
} pl_send_t;

/* What asking for a page of the list of templates needs; likewise. */
typedef struct {
    const Pl__ChannelSettings  *channel;
    pl_str_t                    token;      /* opened; never logged */
    const char                 *after;      /* NULL: the first page */
    uint32_t                    limit;      /* templates, at most */
} pl_listing_t;

/* What handing in a template needs; likewise. */
typedef struct {
    const Pl__ChannelSettings  *channel;
    pl_str_t                    token;      /* opened; never logged */
    const Pl__TemplateDraft    *draft;
} pl_submit_t;

/* A GET has no body, and does no harm when it is asked twice. */
typedef struct {
    const char      *method;        /* GET, POST */
    const char      *url;
    const char     **headers;       /* "Name: value", NULL-terminated */
    pl_str_t         body;
    const char      *mail_from;     /* of smtp: and smtps: alone, where all */
    const char      *mail_to;       /* else but url and body is unused */
    const char      *mail_id;       /* its Message-ID: the provider's id */
    const char      *user;          /* NULL: without a password */
    pl_str_t         password;      /* never logged */
    const struct pl_mail_written_s  *mail;  /* instead of the body, where it
                                       has files */
} pl_request_t;

/* What came back. status 0: nothing did, and `wire` says how far it got. */
typedef struct {
    int              status;        /* HTTP; 0 when there was none */
    pl_str_t         body;
    bool             truncated;     /* cut, or past the limit */
    pl_str_t         retry_after;   /* the header's value, or empty */
    pl_str_t         location;      /* likewise; empty where it is too long */
    Pl__WireStage    wire;
    int64_t          now_ms;        /* wall clock, for dates; 0: not known */
} pl_answer_t;

/*
 * A page of the provider's list of templates. What cannot be read is an
 * UnreadableItem with its place on the page; after is where the next page
 * begins, NULL on the last.
 */
typedef struct {
    Pl__TemplateRecord    **records;
    size_t                  n_records;
    Pl__UnreadableItem    **unreadable;
    size_t                  n_unreadable;
    const char             *after;
} pl_templates_t;

/* A file that came in by its handle. Strings as in pl_send_t. */
typedef struct {
    const Pl__ChannelSettings  *channel;
    const Pl__Media            *media;
    const char                 *kind;       /* Content.type: image, … */
    pl_str_t                    token;      /* opened; never logged */
} pl_fetch_t;

/* Where it is, for some minutes, and what it is said to be. */
typedef struct {
    const char      *url;
    const char      *mime_type;     /* NULL: nobody said */
    bool             has_sha256;
    uint8_t          sha256[PL_SHA256_LEN];
    bool             has_bytes;
    uint64_t         bytes;
} pl_place_t;

/* How a provider's files are fetched: it is asked where one is, then that
   is got. */
typedef struct {
    /* The request that asks where the file is. As build. */
    pl_status_t        (*ask)(const pl_fetch_t *fetch, pl_arena_t *ar,
                              pl_request_t *out, pl_err_t *err);

    /*
     * What was answered: outcome SENT and the place, what the answer does
     * not say taken from the message; or another outcome, as classify but
     * never UNKNOWN, since asking changes nothing. PL_NOMEM aside, PL_OK.
     */
    pl_status_t        (*place)(const pl_codec_t *codec,
                                const pl_fetch_t *fetch,
                                const pl_answer_t *answer, pl_arena_t *ar,
                                pl_place_t *place, Pl__SendResult *out,
                                pl_err_t *err);

    /*
     * The request that gets it. The token goes to the provider's own hosts
     * alone. *home: the URL's scheme, host and port are those that are
     * configured for the channel's API, wherever that is; any other has to
     * be https and may lead to public addresses only. PL_INVALID: not a URL
     * to go to.
     */
    pl_status_t        (*get)(const pl_fetch_t *fetch, const char *url,
                              pl_arena_t *ar, pl_request_t *out, bool *home,
                              pl_err_t *err);

    /* Bytes that a file of this kind and type may have; 0: it may not be. */
    uint64_t           (*limit)(const char *kind, const char *mime_type);
} pl_files_t;

/* A file of ours that is to be uploaded. Strings as in pl_send_t. */
typedef struct {
    const Pl__ChannelSettings  *channel;
    pl_str_t                    token;      /* opened; never logged */
    const char                 *file;       /* hex SHA-256 of its bytes */
    const char                 *mime_type;
} pl_upload_t;

/* How a provider takes files, for messages to name by an id. */
typedef struct {
    /* Bytes that a file of this kind and type may have; 0: it may not be. */
    uint64_t           (*limit)(const char *kind, const char *mime_type);

    /*
     * The request, but for its body: that is head, the file's bytes, tail.
     * PL_INVALID as build.
     */
    pl_status_t        (*build)(const pl_upload_t *upload, pl_arena_t *ar,
                                pl_request_t *out, pl_str_t *head,
                                pl_str_t *tail, pl_err_t *err);

    /*
     * What was answered: SENT with the file's id as provider_id, or another
     * outcome, as classify but never UNKNOWN: a file that is uploaded twice
     * does no harm. PL_NOMEM aside, PL_OK.
     */
    pl_status_t        (*classify)(const pl_codec_t *codec,
                                   const pl_answer_t *answer,
                                   pl_arena_t *ar, Pl__SendResult *out,
                                   pl_err_t *err);
} pl_uploads_t;

/* What asking for a page of the list of messages needs. As pl_listing_t. */
typedef struct {
    const Pl__ChannelSettings  *channel;
    pl_str_t                    token;      /* opened; never logged */
    const Pl__Reconcile        *page;
} pl_page_t;

/*
 * How a channel's messages are held against the provider's list of them
 * (src/engine/reconcile.h): for a provider that may lose a webhook.
 */
typedef struct {
    /*
     * The request for a page; or, where page->missed is set, for the list of
     * that message's files. It goes to the API that is configured, wherever
     * the page before says that the next one is: PL_INVALID where that is
     * elsewhere.
     */
    pl_status_t        (*list)(const pl_page_t *page, pl_arena_t *ar,
                               pl_request_t *out, pl_err_t *err);

    /*
     * What was answered to either: SENT and out->messages, or another
     * outcome, as classify but never UNKNOWN. A page is taken whole, but for
     * the messages in it that cannot be read, which are counted.
     */
    pl_status_t        (*listed)(const pl_codec_t *codec,
                                 const pl_answer_t *answer, pl_arena_t *ar,
                                 Pl__SendResult *out, pl_err_t *err);
    pl_status_t        (*files)(const pl_codec_t *codec,
                                const pl_answer_t *answer, pl_arena_t *ar,
                                Pl__SendResult *out, pl_err_t *err);

    /* A missed message's webhook with its files. PL_NOMEM. */
    pl_status_t        (*whole)(const Pl__ChannelSettings *channel,
                                const Pl__ListedMessage *missed,
                                const Pl__MessageListing *files,
                                pl_arena_t *ar, pl_str_t *form,
                                pl_err_t *err);

    /* ListedMessage.text of a message that we have sent; NULL: that cannot
       be said. */
    const char        *(*says)(const Pl__ChannelSettings *channel,
                               const Pl__Message *message, pl_arena_t *ar);
} pl_reconcile_t;

/* What asking for an account of somebody else's needs. As pl_listing_t. */
typedef struct {
    const Pl__ChannelSettings  *channel;    /* whose account makes it */
    pl_str_t                    token;      /* opened; never logged */
    const char                 *name;
    bool                        create;     /* else it is looked for */
} pl_account_ask_t;

/* How accounts are made by a provider whose accounts can make others. */
typedef struct {
    /* The request. As build. */
    pl_status_t        (*ask)(const pl_account_ask_t *ask, pl_arena_t *ar,
                              pl_request_t *out, pl_err_t *err);

    /*
     * What was answered, to who looked and to who made one: SENT and
     * out->accounts, whose tokens are as the provider has them, to be sealed;
     * or another outcome, never UNKNOWN.
     */
    pl_status_t        (*found)(const pl_codec_t *codec,
                                const pl_answer_t *answer, pl_arena_t *ar,
                                Pl__SendResult *out, pl_err_t *err);
    pl_status_t        (*made)(const pl_codec_t *codec,
                               const pl_answer_t *answer, pl_arena_t *ar,
                               Pl__SendResult *out, pl_err_t *err);
} pl_subaccounts_t;

typedef struct pl_channel_s  pl_channel_t;

struct pl_channel_s {
    const char          *name;      /* in nginx.conf: channel main NAME */
    const char          *header;    /* the signature's, lower case */
    size_t               signature_len;     /* MAY (0: any): what has another
                                               length is none */
    Pl__AddressKind      address;   /* whom it reaches by what; 0: by a phone
                                       or a user id */
    const char          *carries;   /* MAY: the provider whose channels its
                                       webhooks are of; NULL: its own */
    const char          *beside;    /* MAY: another one that is part of it,
                                       as a time's */
    const char          *stamp;     /* MAY: a third, as another one's time */
    bool                 by_account;    /* secrets are the channels' tokens,
                                       and not the location's; the URL is
                                       part of what is signed */
    int                  answer;    /* status of the answer to a webhook that
                                       is on disk; 0: 200 */
    const pl_rules_t    *rules;     /* rows of its shapes */
    const ProtobufCMessageDescriptor *const *shapes;   /* roots */
    size_t               n_shapes;

    /* MAY (NULL: pl_mac_create). What a secret makes. NULL as that. */
    pl_mac_t          *(*mac)(pl_str_t secret);

    /* MAY (NULL: none is). A secret that is a public key; NULL: it is not.
       Such a one is never taken for a MAC's. */
    pl_sign_t         *(*key)(pl_str_t secret);

    /*
     * MUST. Is the body signed by one of the secrets? PL_OK; PL_DENIED where
     * the signature is missing, malformed or wrong (err says which, never a
     * digest). Constant time in the digest.
     */
    pl_status_t        (*verify)(const pl_secrets_t *secrets,
                                 const pl_signed_t *in, pl_err_t *err);

    /*
     * MAY; of those by_account. Which account a body says that it is of, so
     * that the secrets of one that was made since can be looked up: a piece
     * of the body, or in the arena. PL_NOTFOUND: it names none; PL_NOMEM.
     */
    pl_status_t        (*account)(pl_str_t body, pl_arena_t *ar,
                                  pl_str_t *account);

    /*
     * MUST. The body's items as commands. PL_INVALID only where nothing at
     * all can be read (no JSON): the caller puts the whole body into
     * quarantine. PL_NOMEM.
     */
    pl_status_t        (*decode)(const pl_codec_t *codec, pl_str_t body,
                                 pl_arena_t *ar, pl_decoded_t *out,
                                 pl_err_t *err);

    /*
     * MAY (NULL: decode over its body). The items of an entry whose body was
     * sifted. As decode.
     */
    pl_status_t        (*sifted)(const pl_codec_t *codec,
                                 const Pl__Entry *entry, pl_arena_t *ar,
                                 pl_decoded_t *out, pl_err_t *err);

    /* MAY (NULL: bodies are as they are). How what is large is taken out of
       a body before it is an entry. */
    const pl_sift_rules_t  *sift;

    /*
     * MAY. What an entry says of its items beside their body: when they came,
     * where the provider says no time; what the URL's query holds. Called by
     * pl_channel_decode alone. PL_NOMEM.
     */
    pl_status_t        (*came)(const Pl__Entry *entry, pl_arena_t *ar,
                               pl_decoded_t *out);

    /*
     * MAY (NULL: never). Does a signed body hold statuses alone, which the
     * provider tells again if it is refused? Asked on the event loop, but
     * only while there is hardly any room: a search, no parsing. In doubt
     * it does not.
     */
    bool               (*statuses_only)(pl_str_t body);

    /*
     * MAY (NULL: none is). Does the provider's id of a message hold the number
     * of who wrote it? In the arena, with a NUL; where it is full, none. Pure.
     */
    const char        *(*whose)(pl_str_t id, pl_arena_t *ar);

    /*
     * MUST. Can this be said here, and within the provider's limits? Asked
     * before a message is queued, and again by build. PL_INVALID with the
     * field's path (content.interactive.action.buttons[3]); of its value
     * the text has lengths and counts alone.
     */
    pl_status_t        (*check)(const Pl__Message *message, pl_err_t *err);

    /*
     * MUST. The request that sends this. PL_INVALID where the message cannot
     * be said on this channel (err names the field).
     */
    pl_status_t        (*build)(const pl_codec_t *codec,
                                const pl_send_t *send, pl_arena_t *ar,
                                pl_request_t *out, pl_err_t *err);

    /*
     * MUST. What an answer means: fills outcome, code, reason, provider_id
     * and, where the provider named a time, retry_ms as a DELAY in ms from
     * now, which the sender turns into a time; and lost, where it does not
     * know the handle of the message's file. effect and epoch are the
     * caller's. Total: every answer has an outcome. PL_NOMEM aside, PL_OK.
     */
    pl_status_t        (*classify)(const pl_codec_t *codec,
                                   const pl_answer_t *answer,
                                   pl_arena_t *ar, Pl__SendResult *out,
                                   pl_err_t *err);

    /*
     * MAY (NULL: the provider has no templates). A page of its list as
     * records. PL_INVALID where nothing at all can be read; PL_NOMEM.
     */
    pl_status_t        (*templates)(const pl_codec_t *codec, pl_str_t body,
                                    pl_arena_t *ar, pl_templates_t *out,
                                    pl_err_t *err);

    /*
     * MAY (NULL: the provider has no templates). A template as it is handed
     * in at the provider: one line of JSON, its variables named and each
     * with its sample. PL_INVALID, PL_NOMEM.
     */
    pl_status_t        (*draft)(const pl_codec_t *codec,
                                const Pl__TemplateDraft *draft,
                                pl_arena_t *ar, pl_str_t *out,
                                pl_err_t *err);

    /*
     * MAY (NULL: it has). Has the channel windows, outside of which nothing
     * but a template goes?
     */
    bool               (*windows)(const Pl__ChannelSettings *channel);

    /*
     * MAY, both of these or none. The request that hands a template in; and
     * what its answer means, as listed says, with its id there as
     * provider_id, and out->submitted. Never OUTCOME_UNKNOWN: a second one is
     * refused, and the list says what became of the first.
     */
    pl_status_t        (*submit)(const pl_codec_t *codec,
                                 const pl_submit_t *submit, pl_arena_t *ar,
                                 pl_request_t *out, pl_err_t *err);
    pl_status_t        (*submitted)(const pl_codec_t *codec,
                                    const pl_answer_t *answer,
                                    pl_arena_t *ar, Pl__SendResult *out,
                                    pl_err_t *err);

    /*
     * MAY (NULL: never). An item of quarantine as decode would give it, by
     * the account that it is of, its path and its bytes. PL_INVALID: it is
     * none that can be read by itself; PL_NOMEM.
     */
    pl_status_t        (*again)(const pl_codec_t *codec, const char *account,
                                const char *path, pl_str_t raw,
                                pl_arena_t *ar, pl_decoded_t *out,
                                pl_err_t *err);

    /* MAY (NULL: by its arrival). Its webhooks say when a message was written,
       and a repeat says the same (dedupe.h) */
    bool                 timed;

    /* MAY (NULL: it tells nobody). Has build a Content.receipt? */
    bool                 receipts;

    /* MAY. Where a channel has windows its templates are contents, known by
       an id that their rows have (content.h) */
    bool                 contents;

    /* MAY (NULL: no files come in). */
    const pl_files_t    *files;

    /* MAY (NULL: no file of ours can be sent). */
    const pl_uploads_t  *uploads;

    /* MAY (NULL: its webhooks come until they are heard). */
    const pl_reconcile_t  *reconcile;

    /* MAY (NULL: its accounts make no others). */
    const pl_subaccounts_t  *accounts;

    /*
     * MAY, all of these or none. The request for a page of that list; and
     * what its answer means, as classify says, but with the page itself in
     * out->listing, or out->cut where it was longer than was taken. Never
     * OUTCOME_UNKNOWN: what may have been answered is asked again. A page
     * that says less than a whole list does is no page.
     */
    pl_status_t        (*list)(const pl_listing_t *listing, pl_arena_t *ar,
                               pl_request_t *out, pl_err_t *err);
    pl_status_t        (*listed)(const pl_codec_t *codec,
                                 const pl_answer_t *answer, pl_arena_t *ar,
                                 Pl__SendResult *out, pl_err_t *err);

    /*
     * MAY (0: no such limit). To one person from one channel goes one message
     * in pair_ms, and up to pair_burst at once, which are borrowed from what
     * comes: what the provider refuses past that, the sender does not begin.
     */
    uint32_t             pair_ms;
    uint32_t             pair_burst;

    /* MAY (0: as the sender shares them). Attempts of a channel at once. */
    uint32_t             out_max;

    /*
     * MUST. The rank that a provider's status word gives a message, or false
     * for a word to ignore.
     */
    bool               (*state)(const char *status,
                                Pl__MessageState *state);
};

/* By name, or NULL. */
const pl_channel_t *pl_channel_find(pl_str_t name);

/* i from 0; NULL past the last. */
const pl_channel_t *pl_channel_at(size_t i);

/* Has it windows? channel's provider may be unknown (NULL): then it has. */
bool pl_channel_windows(const pl_channel_t *provider,
    const Pl__ChannelSettings *channel);

/*
 * The items of a webhook's entry as commands: decode over its body, and what
 * else the entry says of them. As decode.
 */
pl_status_t pl_channel_decode(const pl_channel_t *provider,
    const pl_codec_t *codec, const Pl__Entry *entry, pl_arena_t *ar,
    pl_decoded_t *out, pl_err_t *err);

#endif /* PL_CHANNEL_H_INCLUDED */
