/*
 * Notes of a conversation. See inbox_impl.h.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/inbox.h"
#include "inbox_impl.h"

static pl_status_t notes_add(pl_api_call_t *call, void *data, pl_str_t key,
    pl_str_t value, bool *kept, pl_err_t *err);


pl_status_t
pl_inbox_notes_ask(pl_api_call_t *call, pl_err_t *err)
{
    char                      *next;
    uint32_t                   n = 0;
    pl_party_t                 party;
    pl_status_t                rc;
    pl_rows_page_t             page;
    Pl__Conversation          *conv;
    Pl__Api__NoteList          answer = PL__API__NOTE_LIST__INIT;
    const Pl__Api__NoteQuery  *query;

    query = (const Pl__Api__NoteQuery *) call->query;
    rc = pl_inbox_param(call, &party, &conv, err);

    if (rc == PL_OK) {
        rc = pl_api_limit(call, query->has_limit, query->limit, &n);
    }

    if (rc != PL_OK) {
        return rc;
    }

    answer.notes = (Pl__Api__NoteView **) pl_rows_list(call, n);
    if (answer.notes == NULL) {
        return pl_rows_nomem(err);
    }

    memset(&page, 0, sizeof(page));
    page.table = PL_TABLE_NOTES;
    pl_key_party(&page.prefix, &party);
    page.backward = true;
    page.cursor = query->cursor;
    page.n = n;
    page.add = notes_add;
    page.data = &answer;

    rc = pl_rows_page(call, &page, &next, err);
    answer.next = next;

    return rc == PL_OK ? pl_api_answer(call, 0, &answer.base, err) : rc;
}


static pl_status_t
notes_add(pl_api_call_t *call, void *data, pl_str_t key, pl_str_t value,
    bool *kept, pl_err_t *err)
{
    pl_status_t          rc;
    ProtobufCMessage    *msg;
    Pl__Api__NoteView   *view;
    Pl__Api__NoteList   *answer = data;

    rc = pl_record_read(PL_TABLE_NOTES, value, &pl__note__descriptor,
                        call->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    view = pl_inbox_note_view(call, pl_be64(key.data + key.len - 8),
                              (Pl__Note *) msg);
    if (view == NULL) {
        return pl_rows_nomem(err);
    }

    answer->notes[answer->n_notes++] = view;
    *kept = true;

    return PL_OK;
}


Pl__Api__NoteView *
pl_inbox_note_view(pl_api_call_t *call, uint64_t id, const Pl__Note *note)
{
    Pl__Api__NoteView  *view;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return NULL;
    }

    pl__api__note_view__init(view);
    view->id = pl_api_id(call, "nte_", id);
    view->time = pl_api_time(call, note->time_ms);
    view->text = note->text;
    view->actor = note->actor;

    return view->id != NULL && view->time != NULL ? view : NULL;
}


pl_status_t
pl_inbox_note_add_ask(pl_api_call_t *call, pl_err_t *err)
{
    pl_party_t         party;
    Pl__Command        command = PL__COMMAND__INIT;
    pl_status_t        rc;
    Pl__NoteAdd       *in;
    Pl__Conversation  *conv;

    rc = pl_inbox_param(call, &party, &conv, err);
    in = pl_arena_alloc(call->ar, sizeof(*in));

    if (rc != PL_OK || in == NULL) {
        return rc != PL_OK ? rc : pl_rows_nomem(err);
    }

    pl__note_add__init(in);
    in->tenant = party.tenant;
    in->party_kind = party.kind;
    in->party = party.party;
    in->text = ((const Pl__Api__NoteBody *) call->body)->text;
    in->actor = (char *) call->who.actor;

    command.of_case = PL__COMMAND__OF_NOTE_ADD;
    command.note_add = in;

    return pl_api_command(call, &command, err);
}


/* By the verdict and what was asked: the note itself may be gone by now. */

pl_status_t
pl_inbox_note_add_told(pl_api_call_t *call, pl_err_t *err)
{
    Pl__Note            note = PL__NOTE__INIT;
    const Pl__Verdict  *verdict;
    Pl__Api__NoteView  *view;

    verdict = call->n_verdicts == 0 ? NULL : call->verdicts[0];
    if (verdict == NULL) {
        return pl_api_problem(call, PL_API_INTERNAL, NULL, "%s", "");
    }

    note.time_ms = verdict->time_ms
                   + pl_settings_clock(call->settings, call->tenant);
    note.text = ((const Pl__Api__NoteBody *) call->body)->text;
    note.actor = (char *) call->who.actor;
    view = pl_inbox_note_view(call, verdict->id, &note);

    return view != NULL ? pl_api_answer(call, 0, &view->base, err)
                        : pl_rows_nomem(err);
}


pl_status_t
pl_inbox_note_drop_ask(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t           id;
    pl_party_t         party;
    Pl__Command        command = PL__COMMAND__INIT;
    pl_status_t        rc;
    Pl__NoteDrop      *in;
    Pl__Conversation  *conv;

    rc = pl_inbox_param(call, &party, &conv, err);

    if (rc == PL_OK) {
        rc = pl_rows_param(call, 1, "nte_", &id);
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));

    if (rc != PL_OK || in == NULL) {
        return rc != PL_OK ? rc : pl_rows_nomem(err);
    }

    pl__note_drop__init(in);
    in->tenant = party.tenant;
    in->party_kind = party.kind;
    in->party = party.party;
    in->note = id;
    in->actor = (char *) call->who.actor;
    in->has_any = call->who.role == PL__API_ROLE__API_ROLE_ADMIN
                  || call->who.role == PL__API_ROLE__API_ROLE_OPERATOR;
    in->any = in->has_any;

    command.of_case = PL__COMMAND__OF_NOTE_DROP;
    command.note_drop = in;

    return pl_api_command(call, &command, err);
}
