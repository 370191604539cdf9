/*
 * What api_event.c and api_event_show.c share: an event being put together.
 */

#ifndef PL_API_EVENT_IMPL_H_INCLUDED
#define PL_API_EVENT_IMPL_H_INCLUDED

#include <string.h>

#include "../core/str.h"
#include "api_event.h"


typedef struct {
    const pl_api_event_from_t  *from;
    const Pl__Change           *change;
    const pl_tenant_conf_t     *tenant;
    pl_api_event_t             *out;        /* out->event is filled */
} pl_api_showing_t;


/*
 * Each fills the part of the event that its kind of row has, and out's owner
 * and channel where it finds them. Records that are gone leave it with ids.
 */
pl_status_t pl_api_show_message(pl_api_showing_t *s, pl_err_t *err);
pl_status_t pl_api_show_state(pl_api_showing_t *s, pl_err_t *err);
pl_status_t pl_api_show_conversation(pl_api_showing_t *s, pl_err_t *err);
pl_status_t pl_api_show_contact(pl_api_showing_t *s, pl_err_t *err);
pl_status_t pl_api_show_consent(pl_api_showing_t *s, pl_err_t *err);
pl_status_t pl_api_show_task(pl_api_showing_t *s, pl_err_t *err);
pl_status_t pl_api_show_template(pl_api_showing_t *s, pl_err_t *err);
pl_status_t pl_api_show_fact(pl_api_showing_t *s, pl_err_t *err);
pl_status_t pl_api_show_hold(pl_api_showing_t *s, pl_err_t *err);
pl_status_t pl_api_show_group(pl_api_showing_t *s, pl_err_t *err);

/* *msg NULL: there is none. */
pl_status_t pl_api_show_get(pl_api_showing_t *s, pl_table_e table,
    const pl_key_t *key, const ProtobufCMessageDescriptor *type,
    ProtobufCMessage **msg, pl_err_t *err);

/* RFC 3339, in the arena; NULL when it is full. */
char *pl_api_show_time(const pl_api_showing_t *s, int64_t time_ms);

/* The words of what somebody said, or NULL: they point into the content. */
const char *pl_api_show_words(const Pl__Content *content);

/* By whom and why, of that event of the audit log. */
pl_status_t pl_api_show_why(pl_api_showing_t *s, uint64_t audit,
    pl_err_t *err);

pl_status_t pl_api_show_nomem(pl_err_t *err);

#endif /* PL_API_EVENT_IMPL_H_INCLUDED */
