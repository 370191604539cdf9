/*
 * What tests of people share: messages from phones and user ids, changes,
 * joins and splits, and whom an address leads to.
 */

#ifndef T_PEOPLE_H_INCLUDED
#define T_PEOPLE_H_INCLUDED

#include "engine.h"

#define PHONE    PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
#define USER_ID  PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID


/* What a provider tells of an account in a field; inside: of its value. */

static inline void
t_change(t_engine_t *t, const char *field, const char *account,
    const char *inside)
{
    char  body[4096];

    assert_true(snprintf(body, sizeof(body),
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\","
        "\"changes\":[{\"field\":\"%s\",\"value\":{\"metadata\":{"
        "\"display_phone_number\":\"15550001111\","
        "\"phone_number_id\":\"%s\"},%s}}]}]}", field, account, inside)
        < (int) sizeof(body));

    (void) t_append(t, NULL, body);
    t_fold(t);
}


/* A text from a phone, a user id, or both; NULL leaves one out. */

static inline void
says(t_engine_t *t, const char *phone, const char *user_id,
    const char *wamid, const char *text)
{
    char  item[1024], from[160], id[160];

    from[0] = id[0] = '\0';

    if (phone != NULL) {
        (void) snprintf(from, sizeof(from), "\"from\":\"%s\",", phone);
    }

    if (user_id != NULL) {
        (void) snprintf(id, sizeof(id), "\"from_user_id\":\"%s\",", user_id);
    }

    (void) snprintf(item, sizeof(item),
        "{%s%s\"id\":\"%s\",\"timestamp\":\"%" PRId64 "\",\"type\":\"text\","
        "\"text\":{\"body\":\"%s\"}}", from, id, wamid, t->wall_ms / 1000,
        text);

    (void) t_items(t, "messages", item);
    t_fold(t);
}


static inline void
system_says(t_engine_t *t, const char *wamid, const char *rest)
{
    char  item[1024];

    (void) snprintf(item, sizeof(item),
        "{\"id\":\"%s\",\"timestamp\":\"%" PRId64 "\",\"type\":\"system\",%s}",
        wamid, t->wall_ms / 1000, rest);

    (void) t_items(t, "messages", item);
    t_fold(t);
}


static inline Pl__Contact *
contact(t_engine_t *t, unsigned i)
{
    return (Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, i,
                                 &pl__contact__descriptor);
}


static inline Pl__ContactMerge *
merge(t_engine_t *t, unsigned i)
{
    return (Pl__ContactMerge *) t_row(t, PL_TABLE_MERGES, i,
                                      &pl__contact_merge__descriptor);
}


static inline Pl__Conversation *
conversation(t_engine_t *t, unsigned i)
{
    return (Pl__Conversation *) t_row(t, PL_TABLE_CONVERSATIONS, i,
                                      &pl__conversation__descriptor);
}


/* Whom an address leads to; 0: to nobody. */

static inline uint64_t
leads(t_engine_t *t, Pl__AddressKind kind, const char *value)
{
    uint64_t   id;
    pl_key_t   key;
    pl_txn_t  *txn;

    id = 0;
    txn = t_read(t);
    pl_key_address(&key, 1, kind, pl_str_c(value));

    if (pl_record_get_u64(txn, PL_TABLE_ADDRESSES, pl_key_str(&key), &id,
                          &t->err)
        != PL_OK)
    {
        id = 0;
    }

    pl_store_abort(txn);

    return id;
}


static inline void
split(t_engine_t *t, uint64_t id)
{
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__ContactSplit  in = PL__CONTACT_SPLIT__INIT;

    in.tenant = 1;
    in.merge = id;
    in.actor = (char *) "tester";
    command.of_case = PL__COMMAND__OF_CONTACT_SPLIT;
    command.contact_split = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static inline void
join(t_engine_t *t, uint64_t into, uint64_t from)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__ContactJoin  in = PL__CONTACT_JOIN__INIT;

    in.tenant = 1;
    in.into = into;
    in.from = from;
    command.of_case = PL__COMMAND__OF_CONTACT_JOIN;
    command.contact_join = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static inline void
prefers(t_engine_t *t, const char *word, int64_t time_s)
{
    char  value[1024];

    (void) snprintf(value, sizeof(value),
        "{\"metadata\":{\"phone_number_id\":\"" T_ACCOUNT "\"},"
        "\"user_preferences\":[{\"wa_id\":\"34600000001\",\"category\":"
        "\"marketing_messages\",\"value\":\"%s\",\"timestamp\":%" PRId64
        "}]}", word, time_s);

    (void) t_field(t, "user_preferences", T_NOW / 1000, value);
    t_fold(t);
}

#endif /* T_PEOPLE_H_INCLUDED */
