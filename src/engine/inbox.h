/*
 * The inbox: what of a conversation a person at a desk sees and changes.
 * docs/inbox.md says how its parts are kept, and what each costs.
 *
 *     inbox.c          a message is said: its conversation's place in the
 *                      list, its channels, its checkpoint
 *     inbox_quiet.c    conversations whose last message is older than the
 *                      feed of changes goes back
 *     inbox_unread.c   counts of what is unread
 *     inbox_view.c     who owns, is archived, has a tag: rows of `views`
 *     apply_inbox.c    the commands
 *     inbox_note.c     notes
 *     inbox_list.c     reading: lists (inbox_list.h)
 *     inbox_thread.c   reading: one thread (inbox_thread.h)
 *
 * A conversation's place in the list is the number of its newest message.
 * All of this file belongs to the folding thread.
 */

#ifndef PL_INBOX_H_INCLUDED
#define PL_INBOX_H_INCLUDED

#include "apply.h"

#define PL_CHECKPOINT       64      /* messages from one Message.far to the
                                       next */
#define PL_CHANNELS_MAX     32      /* of a conversation that are named */
#define PL_READ_WALK_MAX    4096    /* messages behind the one that was read */
#define PL_TAG_MAX          64      /* bytes of a tag */
#define PL_TAGS_ASKED_MAX   64      /* tags of one TagSet, both ways */
#define PL_NOTE_MAX         4096    /* bytes of a note */
#define PL_NOTES_MAX        1000    /* of a conversation */

/* What `views` lists; the number is part of the key. */
typedef enum {
    PL_VIEW_OWNER = 1,              /* a person answers: by name */
    PL_VIEW_ARCHIVED,               /* by no name */
    PL_VIEW_TAG                     /* of the conversation */
} pl_view_e;

/* ---- a message is said (inbox.c) ------------------------------------ */

/* The conversation is held on this channel, too. PL_NOMEM. */
pl_status_t pl_inbox_channel(pl_apply_t *ap, Pl__Conversation *conv,
    uint32_t channel, pl_err_t *err);

/*
 * A message is about to become its conversation's newest, as its messages-th
 * and under this id: the conversation leaves `quiet`; one that came in takes
 * it out of the archive and is unread, unless it is history. Before
 * conv->newest is changed. The conversation is the caller's to put.
 */
pl_status_t pl_inbox_speak(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, Pl__Message *message, uint64_t id,
    pl_err_t *err);

/*
 * The conversation is erased, or is no longer one to be listed: its rows in
 * `quiet`, `views` and `notes` go, and its count of what is unread. Its own
 * record and its messages are the caller's.
 */
pl_status_t pl_inbox_forget(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err);

/* ---- quiet ones (inbox_quiet.c) ------------------------------------- */

/*
 * A row of `changes` is about to be pruned: where it is of a conversation's
 * newest message, that gets its row in `quiet`.
 */
pl_status_t pl_quiet_pruned(pl_apply_t *ap, uint32_t tenant,
    const Pl__Change *change, pl_err_t *err);

/* Somebody speaks again in this conversation, or it is erased. */
pl_status_t pl_quiet_leave(pl_apply_t *ap, uint32_t tenant,
    const Pl__Conversation *conv, pl_err_t *err);

void pl_key_quiet(pl_key_t *key, uint32_t tenant, uint64_t message);

/* ---- counts (inbox_unread.c) ---------------------------------------- */

/*
 * Makes the counts hold what conv->unread says, under its owner; of one that
 * was joined to another, or is to be forgotten (gone): nothing. To be called
 * after each change of unread, and around each change of the owner: gone
 * before it, not gone behind it.
 */
pl_status_t pl_unread_settle(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, bool gone, pl_err_t *err);

/* Writes the tallies; before the transaction is committed. */
pl_status_t pl_unread_flush(pl_apply_t *ap, pl_err_t *err);

/*
 * owner NULL: the tenant's; "": those that the bot answers. A row that is
 * not there has nothing unread.
 */
void pl_key_unread(pl_key_t *key, uint32_t tenant, const char *owner);
pl_status_t pl_unread_get(pl_txn_t *txn, uint32_t tenant, const char *owner,
    uint64_t *conversations, uint64_t *messages, pl_err_t *err);

/* ---- views (inbox_view.c) ------------------------------------------- */

/* name NULL: none. Putting what is there, and taking what is not, is fine. */
pl_status_t pl_view_put(pl_apply_t *ap, const pl_party_t *party,
    pl_view_e view, const char *name, pl_err_t *err);
pl_status_t pl_view_del(pl_apply_t *ap, const pl_party_t *party,
    pl_view_e view, const char *name, pl_err_t *err);

/* All rows that a conversation has to have; put, or taken away. */
pl_status_t pl_view_all(pl_apply_t *ap, const pl_party_t *party,
    const Pl__Conversation *conv, bool put, pl_err_t *err);

/*
 * Tags of a conversation, with their rows. *changed is set, never cleared.
 * Past PL_TAGS_MAX one is counted and not added. The tag is kept.
 */
pl_status_t pl_tag_add(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, const char *tag, bool *changed, pl_err_t *err);
pl_status_t pl_tag_del(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, const char *tag, bool *changed, pl_err_t *err);

/*
 * A row's key; with party NULL where the rows of this name begin, and with
 * name NULL as well where those of the view do. False from parse: it is none.
 */
#define PL_VIEW_HEAD  5         /* of a key: tenant and view */

void pl_key_view(pl_key_t *key, uint32_t tenant, pl_view_e view,
    const char *name, const pl_party_t *party);
bool pl_key_view_parse(pl_str_t key, pl_view_e *view, pl_str_t *name,
    pl_party_t *party);

/* ---- notes (inbox_note.c) ------------------------------------------- */

void pl_key_note(pl_key_t *key, const pl_party_t *party, uint64_t note);

/* All of a conversation's. */
pl_status_t pl_note_forget(pl_apply_t *ap, const pl_party_t *party,
    pl_err_t *err);

/* ---- the commands (apply_inbox.c) ----------------------------------- */

/*
 * The conversation of a command: *there. Where there is none, or it was
 * joined to another, whoever asked is told so.
 */
pl_status_t pl_inbox_conversation(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation **conv, bool *there, pl_err_t *err);

pl_status_t pl_apply_mark_read(pl_apply_t *ap, const Pl__MarkRead *in,
    pl_err_t *err);
pl_status_t pl_apply_archive(pl_apply_t *ap, const Pl__Archive *in,
    pl_err_t *err);
pl_status_t pl_apply_note_add(pl_apply_t *ap, const Pl__NoteAdd *in,
    pl_err_t *err);
pl_status_t pl_apply_note_drop(pl_apply_t *ap, const Pl__NoteDrop *in,
    pl_err_t *err);
pl_status_t pl_apply_tag_set(pl_apply_t *ap, const Pl__TagSet *in,
    pl_err_t *err);
pl_status_t pl_apply_status_set(pl_apply_t *ap, const Pl__StatusSet *in,
    pl_err_t *err);

/* Nothing was written, and this is why; all literals. */
pl_status_t pl_inbox_refuse(pl_apply_t *ap, uint32_t tenant,
    const char *rule, const char *path, const char *text, pl_err_t *err);

#endif /* PL_INBOX_H_INCLUDED */
