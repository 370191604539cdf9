/*
 * Audit events packed by name are what protobuf-c makes of them: each field
 * that the schema has, alone and with others, and texts to the last byte of
 * room.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/engine/feed_pack.h"

#define PACK_ROUNDS  20000

static uint64_t  seed = 1;


static uint64_t
draw(uint64_t below)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;

    return (seed * 0x2545f4914f6cdd1dull >> 16) % below;
}


static uint64_t
draw_number(void)
{
    uint64_t  n = draw(1ull << 48) << 16 | draw(1ull << 16);

    return draw(8) == 0 ? UINT64_MAX - draw(3) : n >> draw(64);
}


/* Fills whatever fields the descriptor has, a new one too. */

static void
fill(Pl__AuditEvent *row, Pl__Consent *consent)
{
    char                            *base = (char *) row;
    unsigned                         i;
    const ProtobufCFieldDescriptor  *field;
    static char                     *const texts[] = {
        (char *) "", (char *) "flow", (char *) "began, waits at welcome"
    };

    for (i = 0; i < row->base.descriptor->n_fields; i++) {
        field = &row->base.descriptor->fields[i];

        if (field->label == PROTOBUF_C_LABEL_OPTIONAL && draw(2) == 0) {
            continue;
        }

        assert_int_not_equal(field->label, PROTOBUF_C_LABEL_REPEATED);

        switch (field->type) {

        case PROTOBUF_C_TYPE_STRING:
            *(char **) (void *) (base + field->offset) = texts[draw(3)];
            break;

        case PROTOBUF_C_TYPE_MESSAGE:
            *(void **) (void *) (base + field->offset) = consent;
            break;

        case PROTOBUF_C_TYPE_ENUM:
            *(int *) (void *) (base + field->offset) = (int) draw_number();
            break;

        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_UINT64:
            *(uint64_t *) (void *) (base + field->offset) = draw_number();
            break;

        default:
            fail_msg("%s has a type that is not drawn", field->name);
        }

        if (field->label == PROTOBUF_C_LABEL_OPTIONAL
            && field->type != PROTOBUF_C_TYPE_STRING
            && field->type != PROTOBUF_C_TYPE_MESSAGE)
        {
            *(protobuf_c_boolean *) (void *) (base
                                              + field->quantifier_offset) = 1;
        }
    }
}


static void
packs_what_protobuf_packs(void **state)
{
    int              i, packed = 0, declined = 0;
    size_t           len;
    uint8_t          buf[1024], want[1024];
    pl_str_t         got;
    Pl__Consent      consent = PL__CONSENT__INIT;
    Pl__AuditEvent   row;

    (void) state;

    consent.category = (char *) "all";

    for (i = 0; i < PACK_ROUNDS; i++) {
        pl__audit_event__init(&row);
        fill(&row, &consent);
        got = pl_feed_pack(&row, buf, sizeof(buf));

        if (got.data == NULL) {
            assert_non_null(row.consent);
            declined++;
            continue;
        }

        len = pl__audit_event__pack(&row, want);
        assert_int_equal(got.len, len);
        assert_memory_equal(got.data, want, len);
        packed++;
    }

    assert_true(packed > PACK_ROUNDS / 4);
    assert_true(declined > PACK_ROUNDS / 4);
}


/* Nothing is written past the room that there is. */

static void
room_is_kept(void **state)
{
    char             text[200];
    size_t           size, len, fits = 0;
    uint8_t          buf[201], want[400];
    pl_str_t         got;
    Pl__AuditEvent   row = PL__AUDIT_EVENT__INIT;

    (void) state;

    for (len = 0; len < sizeof(text); len++) {
        memset(text, 'x', sizeof(text));
        text[len] = '\0';
        row.text = text;
        row.time_ms = -1;
        row.has_subject = 1;
        row.subject = UINT64_MAX;
        row.has_entry = 1;
        row.entry = UINT64_MAX;

        for (size = 0; size < sizeof(buf); size++) {
            memset(buf, 0xaa, sizeof(buf));
            got = pl_feed_pack(&row, buf, size);
            assert_int_equal(buf[size], 0xaa);

            if (got.data != NULL) {
                assert_int_equal(got.len, pl__audit_event__pack(&row, want));
                assert_memory_equal(got.data, want, got.len);
                fits++;
            }
        }
    }

    assert_true(fits != 0);
}


static void
unknown_fields_are_declined(void **state)
{
    uint8_t                  buf[1024];
    Pl__AuditEvent           row = PL__AUDIT_EVENT__INIT;
    ProtobufCMessageUnknownField  unknown;

    (void) state;

    memset(&unknown, 0, sizeof(unknown));
    assert_non_null(pl_feed_pack(&row, buf, sizeof(buf)).data);
    row.base.n_unknown_fields = 1;
    row.base.unknown_fields = &unknown;
    assert_null(pl_feed_pack(&row, buf, sizeof(buf)).data);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(packs_what_protobuf_packs),
        cmocka_unit_test(room_is_kept),
        cmocka_unit_test(unknown_fields_are_declined),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("feed_pack", tests, NULL, NULL);
}
