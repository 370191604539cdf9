/*
 * What the operations on records share: a reader of the state, names and ids
 * of what they show, pages of a table.
 *
 * Everything here belongs to a step of a call (api.h): its thread, its
 * transaction, its arena. A function that returns a status returns PL_OK,
 * what pl_api_problem returned, or a failure of the store.
 */

#ifndef PL_ROWS_H_INCLUDED
#define PL_ROWS_H_INCLUDED

#include "../engine/apply.h"
#include "../engine/holds.h"
#include "api.h"
#include "api_messages.pb-c.h"
#include "api_places.pb-c.h"

/* Rows of a table that a page looks at, at most, to find those that fit. */
#define PL_ROWS_LOOK_MAX  2000

/* As apply reads: txn, arena, settings and the tenant's time, no more. */
void pl_rows_reader(const pl_api_call_t *call, pl_apply_t *ap);

pl_status_t pl_rows_nomem(pl_err_t *err);

/* A list in the arena, of n pointers; NULL: out of memory. */
void **pl_rows_list(pl_api_call_t *call, size_t n);

/* Parameter i of the path as an id; else the 404. */
pl_status_t pl_rows_param(pl_api_call_t *call, size_t i, const char *prefix,
    uint64_t *id);

/* Parameter i as text, in the arena. */
pl_status_t pl_rows_text(pl_api_call_t *call, size_t i, const char **text,
    pl_err_t *err);

/* ---- channels ------------------------------------------------------- */

/*
 * The tenant's channel of that name; without one the only one that there is.
 * path: the field, for the problem; NULL: the path's, so 404.
 */
pl_status_t pl_rows_channel(pl_api_call_t *call, const char *name,
    const char *path, const pl_channel_conf_t **channel);

/* Channels that the tenant has, those aside that were removed. */
size_t pl_rows_channels(const pl_api_call_t *call);

/* Its name; never NULL. */
const char *pl_rows_channel_name(const pl_api_call_t *call, uint32_t id);

/* ---- contacts and messages ------------------------------------------ */

/* A contact of the tenant, by parameter i of the path. */
pl_status_t pl_rows_contact(pl_api_call_t *call, size_t i,
    Pl__Contact **contact, pl_err_t *err);

/* A message of the tenant; 404. */
pl_status_t pl_rows_message(pl_api_call_t *call, uint64_t id,
    Pl__Message **message, pl_err_t *err);

/* "cnt_7" or "grp_2" of a party, in the arena; the other is NULL. */
void pl_rows_party(pl_api_call_t *call, Pl__PartyKind kind, uint64_t party,
    char **contact, char **group);

/* A message as it is shown (view.c). NULL: out of memory. */
Pl__Api__MessageView *pl_rows_message_view(pl_api_call_t *call, uint64_t id,
    const Pl__Message *message);

/* An effect, in its place: scheduled, waiting, unknown, dead. */
Pl__Api__EffectView *pl_rows_effect_view(pl_api_call_t *call,
    const Pl__Effect *effect, const char *place);

/* An event of the audit log. */
Pl__Api__AuditView *pl_rows_audit_view(pl_api_call_t *call, uint64_t id,
    const Pl__AuditEvent *event);

/* A hold of the tenant. */
Pl__Api__HoldView *pl_rows_hold_view(pl_api_call_t *call,
    const pl_holds_row_t *hold);

/* ---- pages ---------------------------------------------------------- */

/*
 * A page of the rows of one table whose keys begin with `prefix`, from
 * behind the cursor's position, which is what a key has behind the prefix.
 * add: PL_OK, and *kept when the row is on the page; else a failure. Rows
 * are looked at until n are kept, PL_ROWS_LOOK_MAX were looked at, or none
 * is left; *next is the cursor of the next page, or NULL.
 */
typedef struct {
    pl_table_e    table;
    pl_key_t      prefix;
    bool          backward;
    const char   *cursor;           /* NULL: from the beginning */
    uint32_t      n;
    pl_status_t (*add)(pl_api_call_t *call, void *data, pl_str_t key,
                       pl_str_t value, bool *kept, pl_err_t *err);
    void         *data;
} pl_rows_page_t;

pl_status_t pl_rows_page(pl_api_call_t *call, const pl_rows_page_t *page,
    char **next, pl_err_t *err);

#endif /* PL_ROWS_H_INCLUDED */
