/*
 * What tests of the inbox share: people by small numbers, lists of them, and
 * what is done with their conversations.
 */

#ifndef T_INBOX_H_INCLUDED
#define T_INBOX_H_INCLUDED

#include "people.h"

#include "../../src/engine/inbox.h"
#include "../../src/engine/inbox_list.h"
#include "../../src/engine/inbox_thread.h"

#define DAY_MS  86400000LL


static inline void
hears(t_engine_t *t, unsigned who, const char *text)
{
    char             phone[32], wamid[40];
    static unsigned  count;

    (void) snprintf(phone, sizeof(phone), "346000%05u", who);
    (void) snprintf(wamid, sizeof(wamid), "wamid.%u", ++count);
    t_pass(t, 1000);
    says(t, phone, NULL, wamid, text);
}


static inline uint64_t
who(t_engine_t *t, unsigned n)
{
    char  phone[32];

    (void) snprintf(phone, sizeof(phone), "346000%05u", n);

    return leads(t, PHONE, phone);
}


static inline pl_txn_t *
read_state(t_engine_t *t)
{
    pl_txn_t  *txn;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, false, &txn, &t->err));

    return txn;
}


static inline void
list(t_engine_t *t, const pl_list_filter_t *filter, uint64_t before,
    size_t limit, pl_list_t *out)
{
    pl_txn_t          *txn = read_state(t);
    pl_list_filter_t   any;

    memset(&any, 0, sizeof(any));
    t_ok(t, pl_inbox_list(txn, t->ar, 1, filter == NULL ? &any : filter,
                          before, limit, out, &t->err));
    pl_store_abort(txn);
}


/* "3 1 2": the people of a list, by the numbers that they were given. */

static inline const char *
order(t_engine_t *t, const pl_list_filter_t *filter)
{
    size_t       i, len = 0;
    unsigned     n;
    pl_list_t    out;
    static char  text[512];

    list(t, filter, 0, PL_LIST_MAX, &out);
    text[0] = '\0';

    for (i = 0; i < out.n; i++) {
        for (n = 1; n < 100 && who(t, n) != out.rows[i].party.party; n++) {
            /* void */
        }

        len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%u",
                                 i == 0 ? "" : " ", n);
    }

    return text;
}


static inline void
does(t_engine_t *t, const Pl__Command *command)
{
    t_pass(t, 1000);
    (void) t_append(t, command, "");
    t_fold(t);
}


static inline void
marks(t_engine_t *t, uint64_t party, uint64_t message)
{
    Pl__MarkRead  in = PL__MARK_READ__INIT;
    Pl__Command   command = PL__COMMAND__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = party;
    in.message = message;
    command.of_case = PL__COMMAND__OF_MARK_READ;
    command.mark_read = &in;
    does(t, &command);
}


static inline void
archives(t_engine_t *t, uint64_t party, bool archived)
{
    Pl__Archive  in = PL__ARCHIVE__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = party;
    in.archived = archived;
    command.of_case = PL__COMMAND__OF_ARCHIVE;
    command.archive = &in;
    does(t, &command);
}


static inline void
owns(t_engine_t *t, uint64_t party, const char *owner)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__OwnerChange  in = PL__OWNER_CHANGE__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = party;
    in.owner = (char *) owner;
    command.of_case = PL__COMMAND__OF_OWNER_CHANGE;
    command.owner_change = &in;
    does(t, &command);
}


static inline void
tags(t_engine_t *t, uint64_t party, const char *add, const char *remove)
{
    char        *adds[1] = { (char *) add }, *removes[1] = { (char *) remove };
    Pl__TagSet   in = PL__TAG_SET__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = party;
    in.add = adds;
    in.n_add = add != NULL;
    in.remove = removes;
    in.n_remove = remove != NULL;
    command.of_case = PL__COMMAND__OF_TAG_SET;
    command.tag_set = &in;
    does(t, &command);
}


static inline void
stands(t_engine_t *t, uint64_t party, Pl__ConversationStatus status,
    const char *reason)
{
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__StatusSet  in = PL__STATUS_SET__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = party;
    in.status = status;
    in.reason = (char *) reason;
    command.of_case = PL__COMMAND__OF_STATUS_SET;
    command.status_set = &in;
    does(t, &command);
}


static inline void
prunes(t_engine_t *t)
{
    Pl__Prune    in = PL__PRUNE__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    in.before_ms = t->wall_ms - 11 * DAY_MS;
    in.rows = 1000;
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &in;
    (void) t_append(t, &command, "");
    t_fold(t);
}


static inline Pl__Conversation *
of(t_engine_t *t, uint64_t party)
{
    pl_key_t           key;
    pl_txn_t          *txn = read_state(t);
    pl_party_t         p = { 1, PL__PARTY_KIND__PARTY_KIND_CONTACT, party };
    ProtobufCMessage  *msg;

    pl_key_party(&key, &p);
    t_ok(t, pl_record_get(txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                          &pl__conversation__descriptor, t->ar, &msg,
                          &t->err));
    pl_store_abort(txn);

    return (Pl__Conversation *) msg;
}


static inline uint64_t
newest(t_engine_t *t, uint64_t party)
{
    Pl__Conversation  *conv = of(t, party);

    return conv->newest[conv->n_newest - 1];
}


/* "conversations/messages" */

static inline const char *
unread(t_engine_t *t, const char *owner)
{
    uint64_t     conversations, messages;
    pl_txn_t    *txn = read_state(t);
    static char  text[64];

    t_ok(t, pl_unread_get(txn, 1, owner, &conversations, &messages,
                          &t->err));
    pl_store_abort(txn);
    (void) snprintf(text, sizeof(text), "%" PRIu64 "/%" PRIu64,
                    conversations, messages);

    return text;
}

#endif /* T_INBOX_H_INCLUDED */
