/*
 * Privacy: what is known of a person is handed out, goes, or may no longer be
 * used for marketing (docs/privacy.md).
 *
 * An export is made while it is asked for, of one snapshot, and its digest is
 * what the command brings to the audit log. What is larger than
 * PRIVACY_EXPORT_MAX is for `parleyctl privacy export`, which holds no worker.
 */

#include <string.h>

#include "../core/json.h"
#include "../core/record.h"
#include "../core/str.h"
#include "../channel/mail.h"
#include "../engine/address.h"
#include "../engine/alias.h"
#include "../engine/erase.h"
#include "../engine/export.h"
#include "../engine/shapes.h"
#include "api_privacy.pb-c.h"
#include "registry.h"
#include "rows.h"

#define PRIVACY_EXPORT_MAX  (4u * 1024 * 1024)

/* A document that grows. */
typedef struct {
    pl_arena_t   *ar;
    char         *bytes;
    size_t        len;
    size_t        room;
} privacy_doc_t;

static pl_status_t privacy_delete(pl_api_call_t *call, pl_err_t *err);
static pl_status_t privacy_deleted(pl_api_call_t *call, pl_err_t *err);
static pl_status_t privacy_get(pl_api_call_t *call, pl_err_t *err);
static pl_status_t privacy_export(pl_api_call_t *call, pl_err_t *err);
static pl_status_t privacy_exported(pl_api_call_t *call, pl_err_t *err);
static pl_status_t privacy_revoke(pl_api_call_t *call, pl_err_t *err);
static pl_status_t privacy_revoked(pl_api_call_t *call, pl_err_t *err);
static pl_status_t privacy_whom(pl_api_call_t *call, uint64_t *id,
    Pl__Address **address, pl_err_t *err);
static pl_status_t privacy_stranger(pl_api_call_t *call, pl_apply_t *ap,
    Pl__Address *address, pl_err_t *err);
static pl_status_t privacy_address(pl_api_call_t *call,
    const Pl__Api__PrivacyBody *body, Pl__Address *address);
static pl_status_t privacy_erasure(pl_api_call_t *call, uint64_t entry,
    pl_err_t *err);
static pl_status_t privacy_document(pl_api_call_t *call, uint64_t contact,
    Pl__Api__ExportView *view, pl_err_t *err);
static pl_status_t privacy_put(void *data, const char *bytes, size_t len,
    pl_err_t *err);

#define BODY  &pl__api__privacy_body__descriptor

static const pl_rule_t  privacy_rule_rows[] = {
    { BODY, "contact", PL_RULE_LEN_MAX, NULL, PL_NAME_MAX },
    { BODY, "phone", PL_RULE_LEN_MAX, NULL, PL_ADDRESS_MAX },
    { BODY, "user_id", PL_RULE_LEN_MAX, NULL, PL_ADDRESS_MAX },
    { BODY, "email", PL_RULE_LEN_MAX, NULL, PL_ADDRESS_MAX },
    { BODY, "basis", PL_RULE_LEN_MAX, NULL, PL_ERASE_TEXT_MAX },
    { &pl__api__export_view__descriptor, "document", PL_RULE_JSON, NULL, 0 },
};

static const pl_rules_t  privacy_rules = {
    privacy_rule_rows, PL_COUNT(privacy_rule_rows)
};

static const pl_api_op_t  privacy_ops[] = {
    { .name = "deletePerson", .method = PL_API_POST,
      .path = "/v1/privacy/delete", .may = PL_MAY_PRIVACY_WRITE,
      .body = BODY, .answer = &pl__api__erasure_view__descriptor,
      .status = 200, .ask = privacy_delete, .told = privacy_deleted,
      .summary = "Forgets a person: name, addresses, messages, files",
      .text = "At once nobody finds them and nothing more is sent to them; "
              "the rest goes in the background. What comes late of them is "
              "dropped." },
    { .name = "getErasure", .method = PL_API_GET,
      .path = "/v1/privacy/erasures/{erasure}", .may = PL_MAY_PRIVACY_READ,
      .answer = &pl__api__erasure_view__descriptor, .status = 200,
      .ask = privacy_get, .summary = "Shows how far an erasing came" },
    { .name = "exportPerson", .method = PL_API_POST,
      .path = "/v1/privacy/export", .may = PL_MAY_PRIVACY_READ,
      .body = BODY, .answer = &pl__api__export_view__descriptor,
      .status = 200, .flags = PL_API_AFRESH, .ask = privacy_export,
      .told = privacy_exported,
      .summary = "Hands out all that is known of a person",
      .text = "One document, of one snapshot, up to 4 MiB; its SHA-256 is in "
              "the audit log. What is known changes: under an "
              "Idempotency-Key that came before it is made, and audited, "
              "once more." },
    { .name = "revokeConsent", .method = PL_API_POST,
      .path = "/v1/privacy/revoke-consent", .may = PL_MAY_CONSENT_WRITE,
      .body = BODY, .answer = &pl__api__revoke_view__descriptor,
      .status = 200, .ask = privacy_revoke, .told = privacy_revoked,
      .summary = "Revokes a person's consent to marketing",
      .text = "What waits of it is taken back. A second time nothing "
              "changes." },
};

const pl_api_resource_t  pl_api_privacy = {
    .name = "Privacy",
    .text = "Export, delete and revocation.",
    .ops = privacy_ops,
    .n_ops = PL_COUNT(privacy_ops),
    .rules = &privacy_rules,
};


static pl_status_t
privacy_delete(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t      id;
    Pl__Erase    *in;
    Pl__Address  *address;
    Pl__Command   command = PL__COMMAND__INIT;
    pl_status_t   rc;

    rc = privacy_whom(call, &id, &address, err);
    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__erase__init(in);
    in->tenant = call->tenant;
    in->key.data = pl_api_command_key(call);
    in->key.len = PL_REQUEST_KEY_LEN;
    in->has_contact = address == NULL;
    in->contact = id;
    in->address = address;
    in->actor = (char *) call->who.actor;
    in->basis = ((const Pl__Api__PrivacyBody *) call->body)->basis;

    if (in->key.data == NULL) {
        return pl_rows_nomem(err);
    }

    command.of_case = PL__COMMAND__OF_ERASE;
    command.erase = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
privacy_deleted(pl_api_call_t *call, pl_err_t *err)
{
    const Pl__Verdict  *verdict;

    verdict = call->n_verdicts == 0 ? NULL : call->verdicts[0];

    return verdict == NULL || !verdict->has_id
           ? pl_api_missing(call)
           : privacy_erasure(call, verdict->id, err);
}


static pl_status_t
privacy_get(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t     entry;
    pl_status_t  rc;

    rc = pl_rows_param(call, 0, "era_", &entry);

    return rc == PL_OK ? privacy_erasure(call, entry, err) : rc;
}


static pl_status_t
privacy_export(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t               id;
    pl_apply_t             ap;
    Pl__Address           *address;
    Pl__Command            command = PL__COMMAND__INIT;
    Pl__Contact           *contact;
    pl_status_t            rc;
    Pl__Exported          *in;
    Pl__Api__ExportView   *view;

    rc = privacy_whom(call, &id, &address, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (id == 0) {
        return pl_api_problem(call, PL_API_BAD_FIELD, NULL,
                              "nobody is known by that address");
    }

    pl_rows_reader(call, &ap);

    rc = pl_contact_root(&ap, call->tenant, id, &contact, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
    }

    id = contact->id;
    in = pl_arena_alloc(call->ar, sizeof(*in));
    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (in == NULL || view == NULL) {
        return pl_rows_nomem(err);
    }

    rc = privacy_document(call, id, view, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl__exported__init(in);
    in->tenant = call->tenant;
    in->contact = id;
    in->bytes = view->bytes;
    in->actor = (char *) call->who.actor;
    in->digest.len = PL_SHA256_LEN;
    in->digest.data = pl_arena_alloc(call->ar, PL_SHA256_LEN);
    if (in->digest.data == NULL) {
        return pl_rows_nomem(err);
    }

    (void) pl_hex_decode(pl_str_c(view->sha256), in->digest.data,
                         PL_SHA256_LEN);        /* it was made of it */
    command.of_case = PL__COMMAND__OF_EXPORTED;
    command.exported = in;
    call->op_data = view;

    return pl_api_command(call, &command, err);
}


static pl_status_t
privacy_exported(pl_api_call_t *call, pl_err_t *err)
{
    const Pl__Api__ExportView  *view = call->op_data;

    return pl_api_answer(call, 0, &view->base, err);
}


static pl_status_t
privacy_revoke(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t          id;
    Pl__Address      *address;
    Pl__Command       command = PL__COMMAND__INIT;
    pl_status_t       rc;
    Pl__ConsentSet   *in;

    if (((const Pl__Api__PrivacyBody *) call->body)->email != NULL) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "email",
                              "consents are by phone, user id or contact");
    }

    rc = privacy_whom(call, &id, &address, err);
    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__consent_set__init(in);
    in->tenant = call->tenant;
    in->has_contact = id != 0;
    in->contact = id;
    in->address = in->has_contact ? NULL : address;
    in->category = (char *) PL_CONSENT_MARKETING;
    in->state = PL__CONSENT_STATE__CONSENT_STATE_REVOKED;
    in->source = (char *) "privacy";
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
privacy_revoked(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t              id;
    Pl__Address          *address;
    pl_status_t           rc;
    Pl__Api__RevokeView   view = PL__API__REVOKE_VIEW__INIT;

    rc = privacy_whom(call, &id, &address, err);
    if (rc != PL_OK) {
        return rc;
    }

    view.contact = id == 0 ? NULL : pl_api_id(call, "cnt_", id);
    view.category = (char *) PL_CONSENT_MARKETING;
    view.state = (char *) "revoked";

    return pl_api_answer(call, 0, &view.base, err);
}


/* *id 0: nobody is known by *address, which is NULL where an id was given. */

static pl_status_t
privacy_whom(pl_api_call_t *call, uint64_t *id, Pl__Address **address,
    pl_err_t *err)
{
    pl_apply_t                    ap;
    pl_status_t                   rc;
    Pl__Contact                  *contact;
    const Pl__Api__PrivacyBody   *body;

    body = (const Pl__Api__PrivacyBody *) call->body;
    *address = NULL;
    *id = 0;

    if ((body->contact != NULL) + (body->phone != NULL)
        + (body->user_id != NULL) + (body->email != NULL) != 1)
    {
        return pl_api_problem(call, PL_API_BAD_FIELD, NULL,
                              "one of contact, phone, user_id and email");
    }

    pl_rows_reader(call, &ap);

    if (body->contact != NULL) {
        if (!pl_api_id_read(pl_str_c(body->contact), "cnt_", id)) {
            return pl_api_problem(call, PL_API_BAD_FIELD, "contact",
                                  "is no id of a contact");
        }

        rc = pl_contact_get(&ap, call->tenant, *id, &contact, err);

        return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
    }

    *address = pl_arena_alloc(call->ar, sizeof(**address));
    if (*address == NULL) {
        return pl_rows_nomem(err);
    }

    rc = privacy_address(call, body, *address);

    if (rc == PL_OK) {
        rc = pl_contact_known(&ap, call->tenant, *address, &contact, err);
        *id = rc == PL_OK ? contact->id : 0;
    }

    return rc == PL_NOTFOUND ? privacy_stranger(call, &ap, *address, err)
                             : rc;
}


/* An address that nobody is known by, in the form that it is kept in. */

static pl_status_t
privacy_stranger(pl_api_call_t *call, pl_apply_t *ap, Pl__Address *address,
    pl_err_t *err)
{
    const char   *form;
    pl_status_t   rc;

    rc = pl_address_of(ap, call->tenant, address, &form, err);
    if (rc != PL_OK) {
        return rc;
    }

    address->value = (char *) form;

    return address->kind == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL
           && !pl_mail_address_valid(pl_str_c(form))
           ? pl_api_problem(call, PL_API_BAD_FIELD, "email",
                            "not an address of mail") : PL_OK;
}


static pl_status_t
privacy_address(pl_api_call_t *call, const Pl__Api__PrivacyBody *body,
    Pl__Address *address)
{
    char  digits[PL_PHONE_MAX + 1];

    pl__address__init(address);
    address->kind = body->user_id != NULL
                    ? PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID
                    : PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;
    address->value = body->user_id != NULL ? body->user_id : body->email;

    if (body->phone != NULL) {
        if (!pl_alias_digits(body->phone, digits, sizeof(digits))) {
            return pl_api_problem(call, PL_API_BAD_FIELD, "phone",
                                  "is no phone number");
        }

        address->kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
        address->value = pl_arena_str(call->ar, pl_str_c(digits));
    }

    return address->value == NULL || address->value[0] == '\0'
           ? pl_api_problem(call, PL_API_BAD_FIELD, NULL,
                            "an address is not empty")
           : PL_OK;
}


static pl_status_t
privacy_erasure(pl_api_call_t *call, uint64_t entry, pl_err_t *err)
{
    pl_key_t               key;
    pl_status_t            rc;
    const Pl__Erasure     *e;
    ProtobufCMessage      *msg;
    Pl__Api__ErasureView   view = PL__API__ERASURE_VIEW__INIT;

    pl_key_tenant_seq(&key, call->tenant, entry);

    rc = pl_record_get(call->txn, PL_TABLE_ERASURES, pl_key_str(&key),
                       &pl__erasure__descriptor, call->ar, &msg, err);
    if (rc == PL_NOTFOUND) {
        rc = pl_record_get(call->txn, PL_TABLE_ERASING, pl_key_str(&key),
                           &pl__erasure__descriptor, call->ar, &msg, err);
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
    }

    e = (const Pl__Erasure *) msg;
    view.id = pl_api_id(call, "era_", e->entry);
    view.contact = e->contact == 0 ? NULL
                                   : pl_api_id(call, "cnt_", e->contact);
    view.state = e->has_ended_ms
                 ? PL__API__ERASURE_STATE__ERASURE_STATE_ERASED
                 : PL__API__ERASURE_STATE__ERASURE_STATE_ERASING;
    view.began = pl_api_time(call, e->began_ms);
    view.ended = e->has_ended_ms ? pl_api_time(call, e->ended_ms) : NULL;
    view.complete_by = e->has_complete_ms
                       ? pl_api_time(call, e->complete_ms) : NULL;
    view.has_sealed = 1;
    view.sealed = pl_store_sealed(call->txn);
    view.has_known = 1;
    view.known = e->contact != 0;
    view.has_messages = e->has_messages;
    view.messages = e->messages;
    view.basis = e->basis;
    view.actor = e->actor;

    return view.id == NULL || view.began == NULL
           ? pl_rows_nomem(err) : pl_api_answer(call, 0, &view.base, err);
}


/* The engine's codec is made for it, and goes: it is not asked for often. */

static pl_status_t
privacy_document(pl_api_call_t *call, uint64_t contact,
    Pl__Api__ExportView *view, pl_err_t *err)
{
    uint8_t         sum[PL_SHA256_LEN];
    pl_str_t        bytes;
    pl_hash_t      *hash;
    pl_codec_t     *codec;
    pl_status_t     rc;
    privacy_doc_t   doc = { call->ar, NULL, 0, 0 };

    rc = pl_shapes_codec(&codec, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_export_json(call->txn, call->tenant,
                        pl_settings_clock(call->settings, call->tenant),
                        contact, codec, privacy_put, &doc, err);
    pl_codec_destroy(codec);

    if (rc == PL_TOOBIG) {
        return pl_api_problem(call, PL_API_TOO_LARGE, NULL,
                              "the document is larger than 4 MiB: "
                              "parleyctl privacy export writes it");
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
    }

    bytes.data = (const uint8_t *) doc.bytes;
    bytes.len = doc.len;
    hash = pl_hash_create();
    rc = hash == NULL ? PL_IO : pl_hash_sha256(hash, &bytes, 1, sum);
    pl_hash_destroy(hash);

    if (rc != PL_OK) {
        return pl_err_set(err, rc, "export", 0, "cannot hash");
    }

    pl__api__export_view__init(view);
    view->contact = pl_api_id(call, "cnt_", contact);
    view->sha256 = pl_arena_alloc(call->ar, 2 * PL_SHA256_LEN + 1);
    view->bytes = doc.len;
    view->document.data = (uint8_t *) doc.bytes;
    view->document.len = doc.len;

    if (view->contact == NULL || view->sha256 == NULL) {
        return pl_rows_nomem(err);
    }

    pl_hex_encode(sum, sizeof(sum), view->sha256);

    return PL_OK;
}


static pl_status_t
privacy_put(void *data, const char *bytes, size_t len, pl_err_t *err)
{
    char           *more;
    size_t          room;
    privacy_doc_t  *doc = data;

    if (doc->len + len > PRIVACY_EXPORT_MAX) {
        return pl_err_set(err, PL_TOOBIG, "export", 0, "is too large");
    }

    if (doc->len + len > doc->room) {
        room = 2 * (doc->len + len) + 4096;
        more = pl_arena_alloc(doc->ar, room);
        if (more == NULL) {
            return pl_rows_nomem(err);
        }

        if (doc->len != 0) {
            memcpy(more, doc->bytes, doc->len);
        }

        doc->bytes = more;
        doc->room = room;
    }

    memcpy(doc->bytes + doc->len, bytes, len);
    doc->len += len;

    return PL_OK;
}
