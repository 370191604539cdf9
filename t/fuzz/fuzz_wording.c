/*
 * Templates of the house's own with values from anywhere, and what is posted
 * to unsubscribe: variables are found and filled in, once, and nothing runs
 * past an end.
 *
 * NULs part an input: text, HTML, subject, then values. The last byte
 * chooses what it is, and the arena's size.
 */

#include "fuzz.h"

#include "../../src/channel/smtp.h"
#include "../../src/channel/twilio.h"
#include "../../src/channel/unsubscribe.h"
#include "../../src/channel/wording.h"
#include "../../src/core/str.h"

#define FUZZ_PIECES  8


/* The pieces of a copy that ends with a NUL; those that lack are empty. */

static void
fuzz_part(char *copy, size_t size, char *out[FUZZ_PIECES])
{
    size_t  i, n = 0;

    for (i = 0; i < FUZZ_PIECES; i++) {
        out[i] = copy + n;
        n = n + strlen(copy + n) < size ? n + strlen(copy + n) + 1 : size;
    }
}


static void
fuzz_say(pl_arena_t *ar, Pl__TemplateRecord *record, char *values[])
{
    size_t                   i;
    pl_err_t                 err;
    pl_status_t              rc;
    Pl__Content             *said;
    Pl__Template             template = PL__TEMPLATE__INIT;
    Pl__TemplateParameter    rows[FUZZ_PIECES - 3], *list[FUZZ_PIECES - 3];

    template.body = list;

    for (i = 0; i < PL_COUNT(rows); i++) {
        pl__template_parameter__init(&rows[i]);
        rows[i].text = values[i];
        list[i] = &rows[i];
    }

    template.n_body = record->body->n_variables < PL_COUNT(rows)
                      ? record->body->n_variables : PL_COUNT(rows);

    rc = pl_wording_fill(record, &template, ar, &said, &err);

    fuzz_check(rc == PL_OK || rc == PL_INVALID || rc == PL_TOOBIG
               || rc == PL_NOMEM, "a status that is announced");

    if (rc == PL_OK && said->of_case == PL__CONTENT__OF_TEXT) {
        fuzz_check(strlen(said->text->body) <= 2 * PL_WORDING_TEXT_MAX,
                   "a text has an end");
    }
}


static void
fuzz_write(pl_arena_t *ar, char *pieces[FUZZ_PIECES], bool mail)
{
    size_t                   n = 0;
    char                    *name;
    pl_err_t                 err;
    pl_status_t              rc;
    const char              *p;
    pl_wording_place_t       place;
    Pl__TemplateDraft        draft = PL__TEMPLATE_DRAFT__INIT;
    Pl__TemplateRecord      *record;
    Pl__TemplateVariable     rows[32], *list[32];

    for (p = pieces[0]; n < PL_COUNT(rows) && pl_wording_next(p, &place);
         p = place.next)
    {
        fuzz_check(place.begin >= p && place.next > place.begin,
                   "it goes on");

        name = pl_arena_str(ar, place.name);
        if (name == NULL) {
            return;
        }

        pl__template_variable__init(&rows[n]);
        rows[n].name = name;
        rows[n].sample = (char *) (uintptr_t) "x";
        list[n] = &rows[n];
        n++;
    }

    draft.name = (char *) (uintptr_t) "fuzz";
    draft.language = (char *) (uintptr_t) "nl";
    draft.body = pieces[0];
    draft.html = mail ? pieces[1] : NULL;
    draft.subject = mail ? pieces[2] : NULL;
    draft.variables = list;
    draft.n_variables = n;

    rc = pl_wording_record(mail ? &pl_smtp : &pl_twilio, &draft, ar, &record,
                           &err);

    fuzz_check(rc == PL_OK || rc == PL_INVALID || rc == PL_NOMEM,
               "a status that is announced");

    if (rc == PL_OK) {
        fuzz_say(ar, record, pieces + 3);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char              *copy, *pieces[FUZZ_PIECES];
    uint8_t            choice;
    pl_mac_t          *mac;
    pl_arena_t        *ar;
    pl_unsubscribe_t   of;

    choice = size == 0 ? 0 : data[size - 1];

    copy = malloc(size + 1);
    fuzz_check(copy != NULL, "memory");
    memcpy(copy, data, size);
    copy[size] = '\0';

    ar = pl_arena_create(1024, (choice & 2) != 0 ? (choice & 0xf0u) * 64
                                                 : FUZZ_ARENA_MAX);
    fuzz_check(ar != NULL, "memory");

    fuzz_part(copy, size, pieces);
    fuzz_write(ar, pieces, (choice & 1) != 0);

    mac = pl_mac_create(PL_STR("a key"));
    fuzz_check(mac != NULL, "memory");
    fuzz_check(pl_unsubscribe_check(mac, "a mark",
                                    (pl_str_t) { data, size }, &of)
               == PL_DENIED, "nobody makes a token up");
    (void) pl_unsubscribe_body((pl_str_t) { data, size });
    pl_mac_destroy(mac);

    pl_arena_destroy(ar);
    free(copy);

    return 0;
}
