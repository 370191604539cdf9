/*
 * check: every index held against its records, every record against what it
 * names. One snapshot of each environment for all of it: the state's first,
 * so that the journal's cannot be behind.
 *
 *     check.c            walking, reporting, the order of things
 *     check_journal.c    entries, skips, cycles, both metas
 *     check_people.c     contacts, addresses, groups, conversations, messages
 *     check_queues.c     outbox, due, attempts, dead, unknown
 *     check_later.c      timers, collapse keys
 *     check_tasks.c      tasks of conversations against their timers
 *     check_told.c       merges, members, templates, states, parked
 *     check_holds.c      holds
 *     check_subscriptions.c  who is told, and what did not arrive
 *     check_inbox.c      what lists, counts, notes and searches stand on
 *     check_consent.c    changes of consent, and who waits for a reader
 *     check_import.c     an import that goes on
 *     check_rest.c       dedupe, quarantine, feeds, settings
 *
 * A row that cannot be read is a finding and not the end. A failure of the
 * store is the end.
 */

#ifndef PLCTL_CHECK_H_INCLUDED
#define PLCTL_CHECK_H_INCLUDED

#include "../core/crypto.h"
#include "../engine/journal.h"
#include "../engine/keys.h"
#include "ctl.h"

#define PLCTL_FINDINGS_MAX  1000        /* shown; the rest is counted */
#define PLCTL_CHAIN_MAX     1000000     /* messages of one conversation */

typedef struct {
    plctl_t                *ctl;
    pl_txn_t               *state;
    pl_txn_t               *journal;
    pl_arena_t             *ar;         /* reset after each row */
    pl_arena_t             *step;       /* reset within a row's walk */
    pl_hash_t              *hash;
    const Pl__StateMeta    *meta;       /* NULL: nothing was ever folded */
    const Pl__JournalMeta  *jmeta;
    uint64_t                rows;
    uint64_t                findings;
    uint64_t                passed_over;    /* of an import that goes on */
    uint64_t                counts[PL_TABLE_COUNT];
    uint64_t                chained;    /* messages reached from their
                                           conversations */
    uint64_t                heads;      /* queues whose head must be due */
    uint64_t                aside;      /* rows of `due` that are set aside */
    uint64_t                queued;     /* messages that say they are */
    uint64_t                scheduled;  /* messages to be sent later */
    uint64_t                scheduled_in;   /* of them, from `timers` */
    uint64_t                tasks;      /* that conversations name */
    uint64_t                tasks_in;   /* of them, from `timers` */
    uint64_t                listed;     /* rows of `tasks` */
    uint64_t                listed_in;  /* timers with a name */
    uint64_t                doubtful;   /* messages in state unknown */
    uint64_t                queued_in;  /* of them, reached from `outbox` */
    uint64_t                doubtful_in;    /* from `unknown` */
    uint64_t                wanted;     /* messages that want their file */
    uint64_t                wanted_in;  /* of them, reached from `outbox` */

    /* of the walk that is on */
    uint64_t                seq;        /* entries: the one expected */
    int64_t                 time_ms;
    uint64_t                bytes;
} plctl_check_t;

/* A row of the walk; msg is NULL where the table's values are no messages. */
typedef struct {
    pl_table_e               table;
    pl_str_t                 key;
    pl_str_t                 value;
    const ProtobufCMessage  *msg;
} plctl_checked_t;

typedef pl_status_t (*plctl_check_pt)(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);

/*
 * Walks a table and calls row for each record that can be read. key_len: of
 * every key, 0 for any. type NULL: values are no messages.
 */
pl_status_t plctl_check_walk(plctl_check_t *check, pl_table_e table,
    size_t key_len, const ProtobufCMessageDescriptor *type,
    plctl_check_pt row, pl_err_t *err);

/* Reports an inconsistency of this row. */
void plctl_check_find(plctl_check_t *check, pl_table_e table, pl_str_t key,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Is it a row of an import that goes on (or a sum over rows, some of which
 * are)? Then nothing is said of it: it cannot be right yet.
 */
bool plctl_check_importing(const plctl_check_t *check, pl_table_e table,
    pl_str_t key);

/*
 * A record of another table, in ar. *msg NULL: it is not there, or cannot be
 * read (its own walk reports that).
 */
pl_status_t plctl_check_get(plctl_check_t *check, pl_table_e table,
    pl_str_t key, const ProtobufCMessageDescriptor *type, pl_arena_t *ar,
    ProtobufCMessage **msg, pl_err_t *err);

/* Is there a row? */
pl_status_t plctl_check_has(plctl_check_t *check, pl_table_e table,
    pl_str_t key, bool *has, pl_err_t *err);

/* Reports a number that was never given out. */
void plctl_check_id(plctl_check_t *check, const plctl_checked_t *row,
    uint64_t id);

/* Reports an entry that has not been folded. */
void plctl_check_entry(plctl_check_t *check, const plctl_checked_t *row,
    uint64_t entry);

/* A contact against those that it was joined with. */
pl_status_t plctl_check_joins(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);

/* A contact whose consent is paused, against the list of reviews. */
pl_status_t plctl_check_paused(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Contact *contact, pl_err_t *err);

/* What a conversation will do later, against `timers`. */
pl_status_t plctl_check_tasks(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Conversation *conv,
    pl_err_t *err);

/* A timer against the list of its tenant's tasks; and that list whole. */
pl_status_t plctl_check_listed(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Timer *timer, pl_err_t *err);
pl_status_t plctl_check_list(plctl_check_t *check, pl_err_t *err);

/*
 * A head that is set aside counts as due: *due, unless it has a row in both
 * places, which is reported.
 */
pl_status_t plctl_check_aside(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Effect *effect, bool *due,
    pl_err_t *err);

/* A row of `due` that is set aside; bytes: its value without envelope. */
pl_status_t plctl_check_set_aside(plctl_check_t *check,
    const plctl_checked_t *row, pl_str_t bytes, pl_err_t *err);

/* The parts; each walks its tables. */
pl_status_t plctl_check_journal(plctl_check_t *check, pl_err_t *err);
pl_status_t plctl_check_people(plctl_check_t *check, pl_err_t *err);
pl_status_t plctl_check_queues(plctl_check_t *check, pl_err_t *err);
pl_status_t plctl_check_later(plctl_check_t *check, pl_err_t *err);
pl_status_t plctl_check_told(plctl_check_t *check, pl_err_t *err);
pl_status_t plctl_check_holds(plctl_check_t *check, pl_err_t *err);
pl_status_t plctl_check_consents(plctl_check_t *check, pl_err_t *err);
pl_status_t plctl_check_subscriptions(plctl_check_t *check, pl_err_t *err);
pl_status_t plctl_check_inbox(plctl_check_t *check, pl_err_t *err);
pl_status_t plctl_check_rest(plctl_check_t *check, pl_err_t *err);

#endif /* PLCTL_CHECK_H_INCLUDED */
