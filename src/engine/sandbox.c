/*
 * See sandbox.h. The command that turns a clock (SandboxClock) looks at each
 * timer of the store that runs, and puts those of the tenant under new keys.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/record.h"
#include "news.h"
#include "request.h"
#include "room.h"
#include "sandbox.h"

#define SANDBOX_TEXT_MAX  160

/* A timer of the tenant's that runs. */
typedef struct {
    uint64_t   key_ms;          /* where it stands */
    int64_t    due_ms;          /* by the tenant's clock */
    uint64_t   id;
    bool       task;            /* with a name */
} sandbox_timer_t;

typedef struct {
    const Pl__SandboxClock    *in;
    const pl_tenant_conf_t    *tenant;
    Pl__Verdict                verdict;
    uint8_t                    digest[PL_HASH128_LEN];
    sandbox_timer_t           *timers;
    size_t                     n;
    uint64_t                   looked;
} sandbox_t;

static const void *sandbox_field(const Pl__Command *command,
    const char *name, ProtobufCType type);
static bool sandbox_check(sandbox_t *sb);
static bool sandbox_refuse(sandbox_t *sb, const char *rule,
    const char *text);
static pl_status_t sandbox_timers(pl_apply_t *ap, sandbox_t *sb,
    pl_err_t *err);
static pl_status_t sandbox_note(pl_apply_t *ap, sandbox_t *sb, pl_str_t key,
    pl_str_t value, pl_err_t *err);
static pl_status_t sandbox_turn(pl_apply_t *ap, sandbox_t *sb,
    pl_err_t *err);
static pl_status_t sandbox_moves(pl_apply_t *ap, const sandbox_t *sb,
    pl_err_t *err);
static pl_status_t sandbox_move(pl_apply_t *ap, const sandbox_timer_t *timer,
    int64_t offset_ms, pl_err_t *err);
static pl_status_t sandbox_task(pl_apply_t *ap, const sandbox_t *sb,
    const sandbox_timer_t *timer, pl_err_t *err);
static pl_status_t sandbox_settings(pl_apply_t *ap, const sandbox_t *sb,
    pl_err_t *err);
static int64_t sandbox_shift(int64_t due_ms, int64_t offset_ms);


uint32_t
pl_sandbox_tenant(const pl_apply_t *ap, const Pl__Command *command)
{
    const uint32_t            *tenant;
    const char *const         *account;
    const pl_channel_conf_t   *channel;

    if (command->of_case == PL__COMMAND__OF_ASKED) {
        command = command->asked->command;
    }

    switch (command->of_case) {
    case PL__COMMAND__OF_HOLD:
    case PL__COMMAND__OF_HOLD_END:
    case PL__COMMAND__OF_RELEASE:
    case PL__COMMAND__OF_SANDBOX_CLOCK:
        return 0;
    default:
        break;
    }

    tenant = sandbox_field(command, "tenant", PROTOBUF_C_TYPE_UINT32);
    if (tenant != NULL) {
        return *tenant;
    }

    account = sandbox_field(command, "account", PROTOBUF_C_TYPE_STRING);

    channel = account == NULL || *account == NULL
              ? NULL : pl_settings_account(ap->settings, ap->provider,
                                           pl_str_c(*account));

    return channel == NULL ? 0 : channel->tenant;
}


void
pl_sandbox_enter(pl_apply_t *ap, uint32_t tenant)
{
    int64_t  offset_ms;

    offset_ms = tenant == 0 ? 0 : pl_settings_clock(ap->settings, tenant);

    ap->now_ms += offset_ms - ap->offset_ms;
    ap->offset_ms = offset_ms;
}


int64_t
pl_sandbox_now(const pl_apply_t *ap)
{
    return ap->now_ms - ap->offset_ms;
}


int64_t
pl_sandbox_real(const pl_apply_t *ap, int64_t due_ms)
{
    return sandbox_shift(due_ms, ap->offset_ms);
}


void
pl_sandbox_timer(const pl_apply_t *ap, pl_key_t *key, int64_t due_ms,
    uint64_t id)
{
    pl_key_timer(key, pl_sandbox_real(ap, due_ms), id);
}


pl_status_t
pl_apply_sandbox_clock(pl_apply_t *ap, const Pl__SandboxClock *in,
    pl_err_t *err)
{
    sandbox_t     sb;
    pl_status_t   rc;
    Pl__Verdict  *before;

    memset(&sb, 0, sizeof(sb));
    sb.in = in;
    sb.tenant = pl_settings_tenant(ap->settings, in->tenant);

    if (in->key.len != PL_REQUEST_KEY_LEN || sb.tenant == NULL) {
        return pl_err_set(err, PL_INVALID, "clock", 0,
                          "no such tenant, or no key");
    }

    rc = pl_request_digest(ap, &in->base, sb.digest, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_request_get(ap->txn, in->tenant, in->key.data, ap->now_ms,
                        ap->ar, &before, err);
    if (rc != PL_NOTFOUND) {
        return rc == PL_OK ? pl_request_again(ap, in->tenant, in->key.data,
                                              sb.digest, before, err) : rc;
    }

    pl__verdict__init(&sb.verdict);
    sb.verdict.time_ms = ap->now_ms;
    sb.verdict.decision = PL__DECISION__DECISION_TURNED;
    sb.verdict.entry = ap->entry;
    sb.verdict.digest.data = sb.digest;
    sb.verdict.digest.len = sizeof(sb.digest);

    if (sandbox_check(&sb)) {
        rc = sandbox_timers(ap, &sb, err);

        if (rc == PL_OK
            && sb.verdict.decision == PL__DECISION__DECISION_TURNED)
        {
            rc = sandbox_turn(ap, &sb, err);
        }

        if (rc != PL_OK && rc != PL_NOTFOUND) {
            return rc;
        }
    }

    return pl_request_put(ap, in->tenant, in->key.data, &sb.verdict, err);
}


/* A field of the command, under one name whichever it is; NULL: not there. */

static const void *
sandbox_field(const Pl__Command *command, const char *name,
    ProtobufCType type)
{
    const void                      *of;
    const ProtobufCFieldDescriptor  *field;

    field = protobuf_c_message_descriptor_get_field(
        &pl__command__descriptor, (unsigned) command->of_case);

    if (field == NULL) {
        return NULL;
    }

    of = *(const void *const *) ((const char *) command + field->offset);

    field = protobuf_c_message_descriptor_get_field_by_name(
        field->descriptor, name);

    return of == NULL || field == NULL || field->type != type
           ? NULL : (const char *) of + field->offset;
}


static bool
sandbox_check(sandbox_t *sb)
{
    const Pl__TenantSettings  *row = sb->tenant->row;

    if (!row->sandbox || row->removed) {
        return sandbox_refuse(sb, "sandbox.off",
                              "only a sandbox tenant has a clock to turn");
    }

    if (sb->in->offset_ms <= row->clock_ms) {
        return sandbox_refuse(sb, "sandbox.back",
                              "a clock is turned forward only");
    }

    if (sb->in->offset_ms > PL_SANDBOX_AHEAD_MAX_MS) {
        return sandbox_refuse(sb, "sandbox.far",
                              "a clock is at most ten years ahead");
    }

    return true;
}


static bool
sandbox_refuse(sandbox_t *sb, const char *rule, const char *text)
{
    sb->verdict.decision = PL__DECISION__DECISION_REFUSED;
    sb->verdict.rule = (char *) rule;
    sb->verdict.text = (char *) text;

    return false;
}


/* Those of the tenant, noted first: a put ends what a scan hands out. */

static pl_status_t
sandbox_timers(pl_apply_t *ap, sandbox_t *sb, pl_err_t *err)
{
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_arena_t   *item;
    pl_status_t   rc;

    sb->timers = pl_arena_alloc(ap->ar, PL_SANDBOX_ROWS_MAX
                                        * sizeof(sb->timers[0]));
    if (sb->timers == NULL) {
        return pl_err_set(err, PL_NOMEM, "clock", 0, "out of memory");
    }

    rc = pl_store_scan(ap->txn, PL_TABLE_TIMERS, PL_STR_NULL, false, &scan,
                       err);
    if (rc == PL_OK) {
        rc = pl_room_enter(ap, &item, err);
    }

    if (rc != PL_OK) {
        pl_store_scan_end(scan);
        return rc;
    }

    while ((rc = pl_store_scan_next(scan, &key, &value, err)) == PL_OK
           && (pl_be64(key.data) & PL_TIMER_ENDED) == 0)
    {
        if (sb->looked++ == PL_SANDBOX_ROWS_MAX) {
            (void) sandbox_refuse(sb, "sandbox.rows",
                                  "the store has too many timers to turn a "
                                  "clock in");
            break;
        }

        rc = sandbox_note(ap, sb, key, value, err);
        if (rc != PL_OK) {
            break;
        }
    }

    pl_room_leave(ap, item);
    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
sandbox_note(pl_apply_t *ap, sandbox_t *sb, pl_str_t key, pl_str_t value,
    pl_err_t *err)
{
    pl_status_t        rc;
    sandbox_timer_t   *noted;
    const Pl__Timer   *timer;
    ProtobufCMessage  *msg;

    pl_room_empty(ap);

    rc = pl_record_read(PL_TABLE_TIMERS, value, &pl__timer__descriptor,
                        ap->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    timer = (const Pl__Timer *) msg;

    if (timer->tenant == sb->in->tenant) {
        noted = &sb->timers[sb->n++];
        noted->key_ms = pl_be64(key.data);
        noted->due_ms = timer->due_ms;
        noted->id = timer->id;
        noted->task = timer->of_case == PL__TIMER__OF_STEP
                      && timer->step->task != NULL;
    }

    return PL_OK;
}


static pl_status_t
sandbox_turn(pl_apply_t *ap, sandbox_t *sb, pl_err_t *err)
{
    char         text[SANDBOX_TEXT_MAX];
    pl_status_t  rc;

    rc = sandbox_moves(ap, sb, err);

    if (rc == PL_OK) {
        rc = sandbox_settings(ap, sb, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    (void) snprintf(text, sizeof(text), "%" PRId64 " ms ahead, was %" PRId64
                    "; by %s", sb->in->offset_ms, sb->tenant->row->clock_ms,
                    sb->in->actor != NULL ? sb->in->actor : "nobody");

    return pl_feed_audit(ap, sb->in->tenant,
                         PL__AUDIT_KIND__AUDIT_KIND_SANDBOX, ap->entry, NULL,
                         text, err);
}


static pl_status_t
sandbox_moves(pl_apply_t *ap, const sandbox_t *sb, pl_err_t *err)
{
    size_t       i;
    pl_arena_t  *item;
    pl_status_t  rc;

    rc = pl_room_enter(ap, &item, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; rc == PL_OK && i < sb->n; i++) {
        pl_room_empty(ap);

        rc = sandbox_move(ap, &sb->timers[i], sb->in->offset_ms, err);

        if (rc == PL_OK && sb->timers[i].task) {
            rc = sandbox_task(ap, sb, &sb->timers[i], err);
        }
    }

    pl_room_leave(ap, item);

    return rc;
}


static pl_status_t
sandbox_move(pl_apply_t *ap, const sandbox_timer_t *timer,
    int64_t offset_ms, pl_err_t *err)
{
    uint8_t      *copy;
    pl_key_t      from, to;
    pl_str_t      value;
    pl_status_t   rc;

    memset(&from, 0, sizeof(from));
    memset(&to, 0, sizeof(to));
    pl_key_timer(&from, (int64_t) timer->key_ms, timer->id);
    pl_key_timer(&to, sandbox_shift(timer->due_ms, offset_ms), timer->id);

    rc = pl_store_get(ap->txn, PL_TABLE_TIMERS, pl_key_str(&from), &value,
                      err);
    if (rc != PL_OK) {
        return rc;
    }

    copy = pl_arena_dup(ap->ar, value.data, value.len);
    if (copy == NULL) {
        return pl_err_set(err, PL_NOMEM, "clock", 0, "out of memory");
    }

    value.data = copy;

    rc = pl_store_del(ap->txn, PL_TABLE_TIMERS, pl_key_str(&from), err);

    return rc == PL_OK ? pl_store_put(ap->txn, PL_TABLE_TIMERS,
                                      pl_key_str(&to), value, err) : rc;
}


/* The index says where it stands now (task.h). */

static pl_status_t
sandbox_task(pl_apply_t *ap, const sandbox_t *sb,
    const sandbox_timer_t *timer, pl_err_t *err)
{
    pl_key_t  key;

    pl_key_task(&key, sb->in->tenant, timer->due_ms, timer->id);

    return pl_record_put_u64(ap->txn, PL_TABLE_TASKS, pl_key_str(&key),
                             (uint64_t) sandbox_shift(timer->due_ms,
                                                      sb->in->offset_ms),
                             false, err);
}


/* Another generation, so that every folder reads the clock anew. */

static pl_status_t
sandbox_settings(pl_apply_t *ap, const sandbox_t *sb, pl_err_t *err)
{
    pl_status_t          rc;
    Pl__TenantSettings   row = *sb->tenant->base;

    row.has_clock_ms = 1;
    row.clock_ms = sb->in->offset_ms;

    rc = pl_news_begin(ap, err);

    return rc == PL_OK ? pl_news_tenant(ap, &row, err) : rc;
}


static int64_t
sandbox_shift(int64_t due_ms, int64_t offset_ms)
{
    return due_ms > offset_ms ? due_ms - offset_ms : 0;
}
