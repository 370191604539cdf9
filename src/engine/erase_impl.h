/*
 * Private to erase*.c.
 *
 *     erase.c         the commands
 *     erase_now.c     what goes at once
 *     erase_walk.c    a step: phase after phase, so many rows, so many bytes
 *     erase_rows.c    what it does with a row of a person
 *     erase_quote.c   and with others' that have the ids of theirs
 *     erase_aged.c    and what a pass of retention does with one
 *     erase_files.c   files that messages, and what was set aside, name
 */

#ifndef PL_ERASE_IMPL_H_INCLUDED
#define PL_ERASE_IMPL_H_INCLUDED

#include "erase.h"
#include "mention.h"
#include "words.h"

/* A contact of the person's: unlisted, nothing waits; its row is a stub. */
pl_status_t pl_erase_contact(pl_apply_t *ap, Pl__Erasure *e,
    const Pl__Contact *contact, const Pl__Tombstone *tomb, pl_err_t *err);

/* What a tombstone keeps of a contact's consents. */
pl_status_t pl_erase_consents(pl_apply_t *ap, const Pl__Contact *contact,
    Pl__Tombstone *tomb, pl_err_t *err);

/* Goes on for so many rows; e->phase says how far it came. */
pl_status_t pl_erase_go_on(pl_apply_t *ap, Pl__Erasure *e, uint32_t rows,
    pl_err_t *err);

/* Numbers whose keys the sender is to forget. PL_NOMEM. */
pl_status_t pl_erase_retire(pl_apply_t *ap, Pl__Erasure *e,
    const pl_words_retired_t *retired, pl_err_t *err);

/*
 * A file that a message names, by its number; NULL: no more of them, "": that
 * one is not there. And notes them, each once, in the order of their names.
 * pl_erase_keep_file takes one off again. PL_NOMEM.
 */
const char *pl_erase_file(const Pl__Content *content, size_t i);
pl_status_t pl_erase_note_file(pl_apply_t *ap, Pl__Erasure *e,
    const Pl__Message *message, pl_err_t *err);

/* ---- a step (erase_walk.c) ------------------------------------------ */

typedef struct {
    uint32_t  tenant;
    uint64_t  message;
} pl_erase_blanked_t;

/* The rows that it looks at, and the one at hand, in an arena of its own,
   since they may be more than an item's arena holds. */
typedef struct {
    pl_apply_t        *ap;
    Pl__Erasure       *e;
    pl_arena_t        *ar;              /* reset with each row */
    pl_key_t           key;
    ProtobufCMessage  *msg;
    pl_erase_blanked_t blanked[PL_ERASE_ROWS];
    size_t             n_blanked;
    size_t             bytes;           /* of PL_ERASE_BYTES, looked at */
    pl_words_step_t    step;            /* segments that those are of */
    bool               full;            /* this row has to wait */
    bool               over;            /* the phase ends in front of it */
    bool               quoted;          /* e->quoted has room for the step */
    uint32_t           tenant;          /* of those who are silent: contacts */
    uint64_t           silent[PL_ERASE_CONTACTS_MAX];   /* root contacts */
    size_t             n_silent;
    pl_err_t          *err;
} pl_erase_rows_t;

/* *gone: the row is to be deleted. */
typedef pl_status_t (*pl_erase_row_pt)(pl_erase_rows_t *r, bool *gone);

/* A phase: a table that is walked; without row nothing is. */
typedef struct {
    pl_table_e                         table;
    bool                               all;     /* of every tenant */
    bool                               none;    /* of tenant 0 */
    const ProtobufCMessageDescriptor  *type;    /* NULL: its key says */
    pl_erase_row_pt                    row;
} pl_erase_phase_t;

/* Of a person; by ErasePhase. Their conversations are walked otherwise. */
extern const pl_erase_phase_t  pl_erase_phases[];

/* Of a pass; NULL: it has no such phase. */
const pl_erase_phase_t *pl_erase_aged(const Pl__Erasure *pass);

/* Which phase follows, of whichever. */
Pl__ErasePhase pl_erase_aged_next(const Pl__Erasure *pass);

/*
 * Contacts of a tenant that were silent for as long as it keeps them are
 * erased from now on, with those that were joined to them; as many as one
 * erasure has room for. What they say that is newer than before_ms is not of
 * who they were.
 */
pl_status_t pl_erase_silent(pl_apply_t *ap, uint32_t tenant,
    const uint64_t *contacts, size_t n, int64_t before_ms, pl_err_t *err);

/*
 * Down each conversation of a person, by so many rows; PL_NOTFOUND: at the
 * ends of all.
 */
pl_status_t pl_erase_messages(pl_erase_rows_t *r, uint32_t *left);

/*
 * May the message be taken out of the search in this step, which writes so
 * many segments anew? Else r->full.
 */
pl_status_t pl_erase_room(pl_erase_rows_t *r, uint64_t id);

/* Of messages: the files that this one names stay; somebody else has them. */
pl_status_t pl_erase_row_file(pl_erase_rows_t *r, bool *gone);

/* The same of items that are set aside. */
pl_status_t pl_erase_row_aside(pl_erase_rows_t *r, bool *gone);

/* Whom it is of, as its addresses are looked for. */
void pl_erase_mention(const pl_erase_rows_t *r, bool shared,
    pl_mention_t *of);

/*
 * Of another's message in a group, r->msg: ids that hold a number of theirs,
 * and a body that names them, are taken out of it. True: something was.
 */
bool pl_erase_quotes(pl_erase_rows_t *r, Pl__Message *message);

/*
 * The id of what is to be blanked in a group, NULL for none, is noted; else,
 * with r->over, there is no room: message id waits until pl_erase_row_quote
 * was over all rows. That one needs them sorted. PL_NOMEM.
 */
pl_status_t pl_erase_quote_note(pl_erase_rows_t *r, uint64_t id,
    const char *provider_id);
void pl_erase_quote_sort(Pl__Erasure *e);
pl_status_t pl_erase_row_quote(pl_erase_rows_t *r, bool *gone);

/* Its row says what it was, when, and what it cost; not what it said, or to
   whom. */
pl_status_t pl_erase_blank(pl_erase_rows_t *r, uint64_t id,
    const Pl__Message *message);

void pl_erase_keep_file(Pl__Erasure *e, const char *file);

bool pl_erase_has(const Pl__Erasure *e, uint64_t contact);

#endif /* PL_ERASE_IMPL_H_INCLUDED */
