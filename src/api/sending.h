/*
 * From the body of a request to a SendRequest: what is said, to whom, on
 * which terms. Shared by one message, many at once, and dry runs.
 *
 * In a step of a call (api.h). PL_OK, what pl_api_problem returned, or a
 * failure of the store.
 */

#ifndef PL_SENDING_H_INCLUDED
#define PL_SENDING_H_INCLUDED

#include "../engine/dry.h"
#include "rows.h"

/* What bodies say alike. Zeroed is nothing; it points into the body. */
typedef struct {
    const char                  *channel;
    const char                  *text;
    bool                         preview_url;
    Pl__Api__SendTemplate       *template;
    Pl__Api__SendMedia          *media;
    Pl__Api__SendInteractive    *interactive;
    Pl__Location                *location;
    Pl__Card                   **contacts;
    size_t                       n_contacts;
    Pl__Api__SendReaction       *reaction;
    Pl__Api__SendEmail          *email;
    const char                  *reply_to;
    const char                  *send_at;
    const char                  *expires_at;
    char                        *collapse_key;
    const Pl__Category          *category;      /* NULL: not said */
    Pl__Api__SendTemplate       *otherwise;
    const Pl__Category          *otherwise_category;
    bool                         business_hours;
    const Pl__Lane              *lane;
    uint64_t                     campaign;      /* 0: none */
    const Pl__Author            *author;
    Pl__Api__SendVariable      **variables;
    size_t                       n_variables;
    Pl__Api__SendVariable      **own;           /* of one recipient: first */
    size_t                       n_own;
    bool                         bulk;          /* a marketing lane is meant */
} pl_sending_t;

/* From a body of POST /v1/messages, and of /v1/messages/bulk. */
void pl_sending_one(pl_sending_t *s, const Pl__Api__SendBody *body);
void pl_sending_bulk(pl_sending_t *s, const Pl__Api__BulkBody *body);

/*
 * Channel and terms: all that is the same for each recipient. now_ms is not
 * looked at: a time that has passed is the engine's to judge.
 */
pl_status_t pl_sending_terms(pl_api_call_t *call, const pl_sending_t *s,
    Pl__SendRequest *request, pl_err_t *err);

/* A text that cannot be filled: the first one's field, and why. */
typedef struct {
    const char  *field;         /* NULL: all of them can */
    const char  *text;          /* a sentence */
} pl_sending_wrong_t;

/* What is said, with its variables filled; or *wrong, and nothing is said. */
pl_status_t pl_sending_content(pl_api_call_t *call, const pl_sending_t *s,
    Pl__SendRequest *request, pl_sending_wrong_t *wrong, pl_err_t *err);

/*
 * To whom. known: a contact or group that is not there is a 404; else the
 * engine refuses it. A form that is none is a problem in either case; lead
 * is its field ("to").
 */
pl_status_t pl_sending_to(pl_api_call_t *call, const Pl__Api__SendTo *to,
    const char *lead, bool known, Pl__SendRequest *request, pl_err_t *err);

/*
 * A phone number, or an address of mail, as it was typed: a problem names the
 * field. PL_NOMEM.
 */
pl_status_t pl_sending_phone(pl_api_call_t *call, const char *phone,
    const char *field, Pl__Address *address);
pl_status_t pl_sending_email(pl_api_call_t *call, const char *text,
    const char *field, Pl__Address *address);

/*
 * By name; NULL of a tenant that has several: *channel is NULL, and the one
 * is found that reaches them best (engine/reach.h).
 */
pl_status_t pl_sending_channel(pl_api_call_t *call, const char *name,
    const pl_channel_conf_t **channel);

/* The whole of one, but its key. */
pl_status_t pl_sending_request(pl_api_call_t *call, const pl_sending_t *s,
    const Pl__Api__SendTo *to, Pl__SendRequest *request, pl_err_t *err);

/* A field of a SendRequest, as the verdict names it, in a body's words; in
   the arena, or NULL. */
const char *pl_sending_field(pl_api_call_t *call, const char *path);

/*
 * {{name}} and {{name|there}} filled, in time that grows with the text alone.
 * *out is in the arena; NULL unless PL_OK.
 *
 *     PL_NOTFOUND  *missing, in the arena, is a name that nobody gave
 *     PL_TOOBIG    it comes to more than most bytes
 *     PL_NOMEM
 */
pl_status_t pl_sending_fill(pl_api_call_t *call, const pl_sending_t *s,
    const char *text, size_t most, char **out, const char **missing);

/* What would become of a request, at its own time (engine/dry.h). */
pl_status_t pl_sending_dry(pl_api_call_t *call,
    const Pl__SendRequest *request, pl_dry_request_t *out, pl_err_t *err);

/* "free", "template", ... of a dry run; never NULL. */
const char *pl_sending_form(pl_dry_form_e form);

#endif /* PL_SENDING_H_INCLUDED */
