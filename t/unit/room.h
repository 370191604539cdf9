/*
 * Rows that are small on disk and large in memory, for tests of what goes
 * over many of them: ROOM_ROWS are more than an item's arena has.
 */

#ifndef T_ROOM_H_INCLUDED
#define T_ROOM_H_INCLUDED

#include "engine.h"

#define ROOM_ROWS    64
#define ROOM_PIECES  98304          /* of a row */

typedef void (*room_large_pt)(ProtobufCMessage *msg);


static inline Pl__OrderItem **
room_items(void)
{
    size_t                 i;
    static Pl__OrderItem   item, *items[ROOM_PIECES];

    pl__order_item__init(&item);

    for (i = 0; i < ROOM_PIECES; i++) {
        items[i] = &item;
    }

    return items;
}


static inline Pl__Variable **
room_variables(void)
{
    size_t                i;
    static Pl__Variable   variable, *variables[ROOM_PIECES];

    pl__variable__init(&variable);
    variable.name = variable.value = (char *) "";

    for (i = 0; i < ROOM_PIECES; i++) {
        variables[i] = &variable;
    }

    return variables;
}


static inline void
room_message(ProtobufCMessage *msg)
{
    Pl__Message        *m = (Pl__Message *) msg;
    static Pl__Order    order;
    static Pl__Content  content;

    pl__order__init(&order);
    order.items = room_items();
    order.n_items = ROOM_PIECES;
    pl__content__init(&content);
    content.type = (char *) "order";
    content.of_case = PL__CONTENT__OF_ORDER;
    content.order = &order;
    m->content = &content;
}


static inline void
room_conversation(ProtobufCMessage *msg)
{
    Pl__Conversation  *conv = (Pl__Conversation *) msg;

    conv->variables = room_variables();
    conv->n_variables = ROOM_PIECES;
}


/* All rows of a table, fewer than 2 * ROOM_ROWS, become large. */

static inline void
swell(t_engine_t *t, pl_table_e table, const ProtobufCMessageDescriptor *type,
    room_large_pt large)
{
    size_t             i, n = 0;
    pl_key_t           keys[2 * ROOM_ROWS];
    pl_str_t           key, value;
    pl_txn_t          *txn;
    pl_scan_t         *scan;
    ProtobufCMessage  *msg;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_store_scan(txn, table, PL_STR_NULL, false, &scan, &t->err));

    while (pl_store_scan_next(scan, &key, &value, &t->err) == PL_OK) {
        assert_true(n < PL_COUNT(keys));
        keys[n].len = 0;
        keys[n].overflow = false;
        pl_key_bytes(&keys[n++], key.data, key.len);
    }

    pl_store_scan_end(scan);

    for (i = 0; i < n; i++) {
        t_ok(t, pl_record_get(txn, table, pl_key_str(&keys[i]), type, t->ar,
                              &msg, &t->err));
        large(msg);
        t_ok(t, pl_record_put(txn, table, pl_key_str(&keys[i]), msg, false,
                              &t->err));
    }

    t_ok(t, pl_store_commit(txn, &t->err));
}

#endif /* T_ROOM_H_INCLUDED */
