/*
 * What the sources of the inbox share: which conversation a path names, and
 * how one is shown. In a step of a call (api.h); PL_OK, what pl_api_problem
 * returned, or a failure of the store.
 */

#ifndef PL_INBOX_IMPL_H_INCLUDED
#define PL_INBOX_IMPL_H_INCLUDED

#include "../engine/inbox_list.h"
#include "api_inbox.pb-c.h"
#include "impl.h"
#include "rows.h"

/*
 * The conversation that the path's first parameter names, cnt_7 or grp_2; of
 * a contact that was joined, the other's. 404: there is none.
 */
pl_status_t pl_inbox_param(pl_api_call_t *call, pl_party_t *party,
    Pl__Conversation **conv, pl_err_t *err);

/* From text; the party alone. False: it is none. */
bool pl_inbox_party(pl_str_t text, uint32_t tenant, pl_party_t *party);

/* As it is shown; PL_NOMEM. */
pl_status_t pl_inbox_view(pl_api_call_t *call, const pl_party_t *party,
    const Pl__Conversation *conv, Pl__Api__ConversationView **view,
    pl_err_t *err);

/* Answers with the conversation of the path: told of most writes. */
pl_status_t pl_inbox_told(pl_api_call_t *call, pl_err_t *err);

/* "bot" is "", as the engine says it. NULL stays. */
const char *pl_inbox_owner(const char *owner);

/* A cursor of a message's number, and back; 0 and NULL: none. */
char *pl_inbox_cursor(pl_api_call_t *call, uint64_t message);
pl_status_t pl_inbox_cursor_read(pl_api_call_t *call, const char *cursor,
    uint64_t *message);

/* Ids of messages in a query or a body. NULL: *id 0. */
pl_status_t pl_inbox_message(pl_api_call_t *call, const char *text,
    const char *path, uint64_t *id);

/* A note as it is shown; NULL: out of memory. */
Pl__Api__NoteView *pl_inbox_note_view(pl_api_call_t *call, uint64_t id,
    const Pl__Note *note);

/* ---- the operations' steps ------------------------------------------ */

pl_status_t pl_inbox_list_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_inbox_thread_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_inbox_unread_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_inbox_search_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_inbox_reply_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_inbox_reply_told(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_inbox_notes_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_inbox_note_add_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_inbox_note_add_told(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_inbox_note_drop_ask(pl_api_call_t *call, pl_err_t *err);

#endif /* PL_INBOX_IMPL_H_INCLUDED */
