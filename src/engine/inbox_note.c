/*
 * Notes: what people write for colleagues beside a conversation. Nothing
 * reads them but the inbox and an export: no flow, template or provider.
 * They draw their numbers from the sequence that messages do, so that they
 * stand in a thread where they were written. See inbox.h.
 */

#include <string.h>

#include "../core/record.h"
#include "asked.h"
#include "inbox.h"
#include "owner.h"

static pl_status_t note_feed(pl_apply_t *ap, const pl_party_t *party,
    uint64_t note, const char *rule, const char *actor, pl_err_t *err);


void
pl_key_note(pl_key_t *key, const pl_party_t *party, uint64_t note)
{
    pl_key_party(key, party);
    pl_key_u64(key, note);
}


pl_status_t
pl_apply_note_add(pl_apply_t *ap, const Pl__NoteAdd *in, pl_err_t *err)
{
    bool               there;
    uint64_t           id;
    pl_key_t           key;
    pl_party_t         party = { in->tenant, in->party_kind, in->party };
    pl_status_t        rc;
    Pl__Note           row = PL__NOTE__INIT;
    Pl__Conversation  *conv;

    rc = pl_inbox_conversation(ap, &party, &conv, &there, err);
    if (rc != PL_OK || !there) {
        return rc;
    }

    if (in->text[0] == '\0' || strlen(in->text) > PL_NOTE_MAX) {
        return pl_inbox_refuse(ap, in->tenant, "note.text", "text",
                               "a note has 1 to 4096 bytes", err);
    }

    if (conv->notes >= PL_NOTES_MAX) {
        return pl_inbox_refuse(ap, in->tenant, "note.full", NULL,
                               "a conversation has at most 1000 notes", err);
    }

    id = pl_apply_id(ap);
    row.time_ms = ap->now_ms;
    row.text = in->text;
    row.actor = in->actor;
    pl_key_note(&key, &party, id);

    rc = pl_record_put(ap->txn, PL_TABLE_NOTES, pl_key_str(&key), &row.base,
                       false, err);
    if (rc == PL_OK) {
        conv->has_notes = 1;
        conv->notes++;
        rc = pl_conversation_put(ap, &party, conv, err);
    }

    if (rc == PL_OK) {
        rc = note_feed(ap, &party, id, "added", in->actor, err);
    }

    if (rc == PL_OK) {
        pl_asked_made(ap, id);
    }

    return rc;
}


pl_status_t
pl_apply_note_drop(pl_apply_t *ap, const Pl__NoteDrop *in, pl_err_t *err)
{
    bool               there;
    pl_key_t           key;
    pl_party_t         party = { in->tenant, in->party_kind, in->party };
    pl_status_t        rc;
    const char        *actor;
    Pl__Conversation  *conv;
    ProtobufCMessage  *msg;

    rc = pl_inbox_conversation(ap, &party, &conv, &there, err);
    if (rc != PL_OK || !there) {
        return rc;
    }

    pl_key_note(&key, &party, in->note);

    rc = pl_record_get(ap->txn, PL_TABLE_NOTES, pl_key_str(&key),
                       &pl__note__descriptor, ap->ar, &msg, err);
    if (rc == PL_NOTFOUND) {
        return pl_inbox_refuse(ap, in->tenant, "note.unknown", NULL,
                               "there is no such note", err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    actor = ((Pl__Note *) msg)->actor;

    if (!in->any && (actor == NULL || in->actor == NULL
                     || strcmp(actor, in->actor) != 0))
    {
        return pl_inbox_refuse(ap, in->tenant, "note.other", NULL,
                               "somebody else wrote this note", err);
    }

    rc = pl_store_del(ap->txn, PL_TABLE_NOTES, pl_key_str(&key), err);
    if (rc == PL_OK) {
        conv->notes -= conv->notes > 0;
        conv->has_notes = conv->notes > 0;
        rc = pl_conversation_put(ap, &party, conv, err);
    }

    if (rc == PL_OK) {
        rc = note_feed(ap, &party, in->note, "dropped", in->actor, err);
    }

    if (rc == PL_OK) {
        pl_asked_made(ap, in->note);
    }

    return rc;
}


pl_status_t
pl_note_forget(pl_apply_t *ap, const pl_party_t *party, pl_err_t *err)
{
    pl_key_t     from;
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    pl_key_party(&from, party);

    rc = pl_store_scan(ap->txn, PL_TABLE_NOTES, pl_key_str(&from), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    for ( ;; ) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len < from.len
            || memcmp(key.data, from.data, from.len) != 0)
        {
            break;
        }

        rc = pl_store_scan_del(scan, err);
        if (rc != PL_OK) {
            break;
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
note_feed(pl_apply_t *ap, const pl_party_t *party, uint64_t note,
    const char *rule, const char *actor, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_feed_audit_by(ap, party->tenant, PL__AUDIT_KIND__AUDIT_KIND_NOTE,
                          note, rule, actor, err);

    if (rc == PL_OK) {
        rc = pl_feed_count(ap, party->tenant, "notes", rule, err);
    }

    return rc == PL_OK
           ? pl_feed_part(ap, party,
                          PL__CONVERSATION_PART__CONVERSATION_PART_NOTES,
                          err)
           : rc;
}
