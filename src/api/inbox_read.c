/*
 * Reading the inbox: lists, threads, counts, search. See inbox_impl.h.
 */

#include <string.h>

#include "../core/str.h"
#include "../engine/inbox.h"
#include "../engine/inbox_thread.h"
#include "../engine/words_find.h"
#include "inbox_impl.h"

static pl_status_t read_list(pl_api_call_t *call, const pl_list_t *list,
    pl_err_t *err);
static pl_status_t read_items(pl_api_call_t *call, const pl_thread_t *thread,
    Pl__Api__ThreadList *answer, pl_err_t *err);
static pl_status_t read_item(pl_api_call_t *call, Pl__Api__MessageView *view,
    Pl__Api__NoteView *note, Pl__Api__ThreadItem **item, pl_err_t *err);
static pl_status_t read_search(pl_api_call_t *call, pl_find_t *find,
    pl_list_filter_t *filter, pl_party_t *party, pl_err_t *err);
static pl_status_t read_found(pl_api_call_t *call, const pl_found_t *found,
    Pl__Api__SearchList *answer, pl_err_t *err);
static pl_status_t read_people(pl_api_call_t *call, const char *text,
    Pl__Api__SearchList *answer, pl_err_t *err);
static pl_status_t read_person(pl_api_call_t *call, uint64_t id,
    Pl__Api__SearchPerson **person, pl_err_t *err);
static pl_status_t read_channel(pl_api_call_t *call, const char *name,
    uint32_t *id);


pl_status_t
pl_inbox_list_ask(pl_api_call_t *call, pl_err_t *err)
{
    uint32_t                           n = 0;
    uint64_t                           before;
    pl_list_t                         *list;
    pl_status_t                        rc;
    pl_list_filter_t                   filter;
    const Pl__Api__ConversationQuery  *query;

    query = (const Pl__Api__ConversationQuery *) call->query;
    memset(&filter, 0, sizeof(filter));

    filter.status = query->has_status ? query->status : 0;
    filter.owner = pl_inbox_owner(query->owner);
    filter.tag = query->tag;
    filter.unread = query->unread;
    filter.archived = query->archived;

    rc = pl_api_limit(call, query->has_limit, query->limit, &n);

    if (rc == PL_OK) {
        rc = read_channel(call, query->channel, &filter.channel);
    }

    if (rc == PL_OK) {
        rc = pl_api_time_read(call, query->since, "since", &filter.since_ms);
    }

    if (rc == PL_OK) {
        rc = pl_api_time_read(call, query->until, "until", &filter.until_ms);
    }

    if (rc == PL_OK) {
        rc = pl_inbox_cursor_read(call, query->cursor, &before);
    }

    if (rc != PL_OK) {
        return rc;
    }

    list = pl_arena_alloc(call->ar, sizeof(*list));
    if (list == NULL) {
        return pl_rows_nomem(err);
    }

    rc = pl_inbox_list(call->txn, call->ar, call->tenant, &filter, before, n,
                       list, err);

    return rc == PL_OK ? read_list(call, list, err) : rc;
}


static pl_status_t
read_list(pl_api_call_t *call, const pl_list_t *list, pl_err_t *err)
{
    size_t                      i;
    pl_status_t                 rc = PL_OK;
    Pl__Api__ConversationList   answer = PL__API__CONVERSATION_LIST__INIT;

    answer.conversations = (Pl__Api__ConversationView **)
                           pl_rows_list(call, list->n);
    if (answer.conversations == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; rc == PL_OK && i < list->n; i++) {
        rc = pl_inbox_view(call, &list->rows[i].party, list->rows[i].conv,
                           &answer.conversations[i], err);
    }

    answer.n_conversations = list->n;
    answer.next = pl_inbox_cursor(call, list->next);
    answer.has_cut = list->cut;
    answer.cut = list->cut;

    return rc == PL_OK ? pl_api_answer(call, 0, &answer.base, err) : rc;
}


pl_status_t
pl_inbox_unread_ask(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                  rc;
    Pl__Api__UnreadView          answer = PL__API__UNREAD_VIEW__INIT;
    const Pl__Api__UnreadQuery  *query;

    query = (const Pl__Api__UnreadQuery *) call->query;

    if (query->owner != NULL && strlen(query->owner) > PL_UNREAD_OWNER_MAX) {
        return pl_api_answer(call, 0, &answer.base, err);
    }

    rc = pl_unread_get(call->txn, call->tenant, pl_inbox_owner(query->owner),
                       &answer.conversations, &answer.messages, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &answer.base, err) : rc;
}


/* ---- a thread ------------------------------------------------------- */

pl_status_t
pl_inbox_thread_ask(pl_api_call_t *call, pl_err_t *err)
{
    uint32_t                     n = 0;
    pl_party_t                   party;
    pl_status_t                  rc;
    pl_thread_t                 *thread;
    pl_thread_at_t               at;
    Pl__Conversation            *conv;
    Pl__Api__ThreadList          answer = PL__API__THREAD_LIST__INIT;
    const Pl__Api__ThreadQuery  *query;

    query = (const Pl__Api__ThreadQuery *) call->query;

    if ((query->before != NULL) + (query->after != NULL)
        + (query->around != NULL) > 1)
    {
        return pl_api_problem(call, PL_API_BAD_QUERY, "around", "at most one "
                              "of before, after and around says where");
    }

    rc = pl_inbox_param(call, &party, &conv, err);

    if (rc == PL_OK) {
        rc = pl_inbox_message(call, query->before, "before", &at.before);
    }

    if (rc == PL_OK) {
        rc = pl_inbox_message(call, query->after, "after", &at.after);
    }

    if (rc == PL_OK) {
        rc = pl_inbox_message(call, query->around, "around", &at.around);
    }

    if (rc == PL_OK) {
        rc = pl_api_limit(call, query->has_limit, query->limit, &n);
    }

    if (rc != PL_OK) {
        return rc;
    }

    thread = pl_arena_alloc(call->ar, sizeof(*thread));
    if (thread == NULL) {
        return pl_rows_nomem(err);
    }

    at.limit = n;
    at.no_notes = !pl_may(call->who.role, PL_MAY_NOTES_READ);
    rc = pl_inbox_thread(call->txn, call->ar, &party, conv, &at, thread, err);

    if (rc == PL_OK) {
        rc = read_items(call, thread, &answer, err);
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &answer.base, err) : rc;
}


/* Both lists run from the newest; the higher number is first. */

static pl_status_t
read_items(pl_api_call_t *call, const pl_thread_t *thread,
    Pl__Api__ThreadList *answer, pl_err_t *err)
{
    size_t                 i = 0, k = 0, n;
    pl_status_t            rc = PL_OK;
    Pl__Api__NoteView     *note;
    Pl__Api__MessageView  *view;

    n = thread->n + thread->n_notes;
    answer->older = thread->older;
    answer->newer = thread->newer;
    answer->has_cut = thread->cut;
    answer->cut = thread->cut;

    answer->items = (Pl__Api__ThreadItem **) pl_rows_list(call, n);
    if (answer->items == NULL) {
        return pl_rows_nomem(err);
    }

    while (rc == PL_OK && answer->n_items < n) {
        note = NULL;
        view = NULL;

        if (k == thread->n_notes
            || (i < thread->n && thread->rows[i].id > thread->notes[k].id))
        {
            view = pl_rows_message_view(call, thread->rows[i].id,
                                        thread->rows[i].message);
            i++;

        } else {
            note = pl_inbox_note_view(call, thread->notes[k].id,
                                      thread->notes[k].note);
            k++;
        }

        rc = read_item(call, view, note, &answer->items[answer->n_items],
                       err);
        answer->n_items++;
    }

    return rc;
}


static pl_status_t
read_item(pl_api_call_t *call, Pl__Api__MessageView *view,
    Pl__Api__NoteView *note, Pl__Api__ThreadItem **item, pl_err_t *err)
{
    *item = pl_arena_alloc(call->ar, sizeof(**item));
    if (*item == NULL || (view == NULL && note == NULL)) {
        return pl_rows_nomem(err);
    }

    pl__api__thread_item__init(*item);
    (*item)->message = view;
    (*item)->note = note;

    return PL_OK;
}


/* ---- search --------------------------------------------------------- */

pl_status_t
pl_inbox_search_ask(pl_api_call_t *call, pl_err_t *err)
{
    pl_find_t             find;
    pl_found_t           *found;
    pl_party_t            party;
    pl_status_t           rc;
    pl_list_filter_t      filter;
    Pl__Api__SearchList   answer = PL__API__SEARCH_LIST__INIT;

    memset(&find, 0, sizeof(find));
    memset(&filter, 0, sizeof(filter));

    rc = read_search(call, &find, &filter, &party, err);
    if (rc != PL_OK) {
        return rc;
    }

    found = pl_arena_alloc(call->ar, sizeof(*found));
    if (found == NULL) {
        return pl_rows_nomem(err);
    }

    rc = pl_words_find(call->txn, call->ar, call->meta, &find, found, err);
    if (rc == PL_INVALID) {
        return pl_api_problem(call, PL_API_BAD_QUERY, "q",
                              "it has no word, or more than %d",
                              PL_FIND_WORDS_MAX);
    }

    if (rc == PL_OK) {
        rc = read_found(call, found, &answer, err);
    }

    if (rc == PL_OK && find.before == 0 && find.party == NULL) {
        rc = read_people(call, find.text, &answer, err);
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &answer.base, err) : rc;
}


static pl_status_t
read_search(pl_api_call_t *call, pl_find_t *find, pl_list_filter_t *filter,
    pl_party_t *party, pl_err_t *err)
{
    uint32_t                     n = 0;
    pl_status_t                  rc;
    const Pl__Api__SearchQuery  *query;

    (void) err;
    query = (const Pl__Api__SearchQuery *) call->query;

    find->tenant = call->tenant;
    find->text = query->q;
    find->direction = query->has_direction ? query->direction : 0;

    filter->any_archived = true;
    filter->status = query->has_status ? query->status : 0;
    filter->owner = pl_inbox_owner(query->owner);
    filter->tag = query->tag;

    if (filter->status != 0 || filter->owner != NULL || filter->tag != NULL) {
        find->filter = filter;
    }

    if (query->conversation != NULL) {
        if (!pl_inbox_party(pl_str_c(query->conversation), call->tenant,
                            party))
        {
            return pl_api_problem(call, PL_API_BAD_QUERY, "conversation",
                                  "it is as in cnt_7 or grp_2");
        }

        find->party = party;
    }

    rc = pl_api_limit(call, query->has_limit, query->limit, &n);
    find->limit = n;

    if (rc == PL_OK) {
        rc = read_channel(call, query->channel, &find->channel);
    }

    if (rc == PL_OK) {
        rc = pl_api_time_read(call, query->since, "since", &find->since_ms);
    }

    if (rc == PL_OK) {
        rc = pl_api_time_read(call, query->until, "until", &find->until_ms);
    }

    return rc == PL_OK ? pl_inbox_cursor_read(call, query->cursor,
                                              &find->before) : rc;
}


static pl_status_t
read_found(pl_api_call_t *call, const pl_found_t *found,
    Pl__Api__SearchList *answer, pl_err_t *err)
{
    size_t  i;

    answer->messages = (Pl__Api__MessageView **) pl_rows_list(call,
                                                              found->n);
    if (answer->messages == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; i < found->n; i++) {
        answer->messages[i] = pl_rows_message_view(call, found->rows[i].id,
                                                   found->rows[i].message);
        if (answer->messages[i] == NULL) {
            return pl_rows_nomem(err);
        }
    }

    answer->n_messages = found->n;
    answer->next = pl_inbox_cursor(call, found->next);
    answer->has_cut = found->cut;
    answer->cut = found->cut;

    return PL_OK;
}


static pl_status_t
read_people(pl_api_call_t *call, const char *text,
    Pl__Api__SearchList *answer, pl_err_t *err)
{
    size_t        i;
    pl_people_t   people;
    pl_status_t   rc;

    rc = pl_people_find(call->txn, call->ar, call->tenant, text, &people,
                        err);
    if (rc != PL_OK) {
        return rc;
    }

    answer->people = (Pl__Api__SearchPerson **) pl_rows_list(call, people.n);
    if (answer->people == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; rc == PL_OK && i < people.n; i++) {
        rc = read_person(call, people.ids[i], &answer->people[i], err);
    }

    answer->n_people = i;

    return rc;
}


static pl_status_t
read_person(pl_api_call_t *call, uint64_t id, Pl__Api__SearchPerson **out,
    pl_err_t *err)
{
    size_t                  i;
    pl_apply_t              ap;
    pl_status_t             rc;
    Pl__Contact            *contact;
    Pl__Api__SearchPerson  *person;

    pl_rows_reader(call, &ap);

    rc = pl_contact_get(&ap, call->tenant, id, &contact, err);
    if (rc != PL_OK) {
        return rc;
    }

    person = pl_arena_alloc(call->ar, sizeof(*person));
    if (person == NULL) {
        return pl_rows_nomem(err);
    }

    pl__api__search_person__init(person);
    person->id = pl_api_id(call, "cnt_", id);
    person->name = contact->name;
    person->addresses = (char **) pl_rows_list(call, contact->n_addresses);
    if (person->id == NULL || person->addresses == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; i < contact->n_addresses; i++) {
        person->addresses[person->n_addresses++] =
            contact->addresses[i]->value;
    }

    *out = person;

    return PL_OK;
}


/* Absent: any. */

static pl_status_t
read_channel(pl_api_call_t *call, const char *name, uint32_t *id)
{
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    *id = 0;

    if (name == NULL) {
        return PL_OK;
    }

    rc = pl_rows_channel(call, name, "channel", &channel);

    if (rc == PL_OK) {
        *id = channel->row->id;
    }

    return rc;
}
