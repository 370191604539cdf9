/*
 * What is known of numbers: libphonenumber behind its face, and what is said
 * of a number with it and without. Where the library is not built (Makefile:
 * numbers) what needs it is skipped.
 */

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/api/number.h"
#include "../../src/core/str.h"

#define FILE_MAX   4096
#define MANY       (1024 * 1024)
#define THREADS    8
#define ROUNDS     500

#define DOUBT(name)  PL__API__NUMBER_DOUBT__NUMBER_DOUBT_##name

typedef struct {
    pl_numbering_t             *numbering;      /* NULL: it is not built */
    const pl_numbering_face_t  *face;
    pl_arena_t                 *ar;
} t_numbers_t;


/* Beside the folder of this program. */

static const char *
library(void)
{
    char        *slash;
    ssize_t      len;
    static char  file[FILE_MAX + sizeof("/../" PL_NUMBERING_FILE)];

    static const char  tail[] = "/../" PL_NUMBERING_FILE;

    len = readlink("/proc/self/exe", file, FILE_MAX);
    assert_in_range(len, 1, FILE_MAX - 1);
    file[len] = '\0';

    slash = strrchr(file, '/');
    assert_non_null(slash);
    memcpy(slash, tail, sizeof(tail));

    return file;
}


static int
setup(void **state)
{
    void                  *object;
    const char            *file = library();
    t_numbers_t           *t = calloc(1, sizeof(t_numbers_t));
    pl_numbering_face_pt   get;

    assert_non_null(t);
    t->ar = pl_arena_create(4096, 1024 * 1024);
    assert_non_null(t->ar);

    if (access(file, F_OK) == 0) {
        assert_int_equal(pl_numbering_open(&t->numbering, file, NULL),
                         PL_OK);
        object = dlopen(file, RTLD_NOW);
        assert_non_null(object);
        *(void **) &get = dlsym(object, PL_NUMBERING_SYMBOL);
        t->face = get();
    }

    *state = t;

    return 0;
}


static int
end(void **state)
{
    t_numbers_t  *t = *state;

    pl_numbering_close(t->numbering);
    pl_arena_destroy(t->ar);
    free(t);

    return 0;
}


static void
needs_library(const t_numbers_t *t)
{
    if (t->numbering == NULL) {
        printf("# skip: no libphonenumber here\n");
        skip();
    }
}


/* ---- the face ------------------------------------------------------- */

/* Examples of the numbering plans, and of what is none of theirs. */

static const struct {
    const char             *digits;
    pl_numbering_length_e   length;
    bool                    valid;
    pl_numbering_kind_e     kind;
    unsigned                code;
    const char             *country;
    const char             *national;
    const char             *international;
} vectors[] = {
    { "31612345678", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_MOBILE, 31,
      "NL", "06 12345678", "+31 6 12345678" },
    { "31201234567", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_FIXED_LINE,
      31, "NL", "020 123 4567", "+31 20 123 4567" },
    { "31900123456", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_PREMIUM_RATE,
      31, "NL", "0900 123456", "+31 900 123456" },
    { "31800123456", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_TOLL_FREE, 31,
      "NL", "0800 123456", "+31 800 123456" },
    { "31851234567", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_VOIP, 31,
      "NL", "085 123 4567", "+31 85 123 4567" },
    { "3188", PL_NUMBERING_TOO_SHORT, false, PL_NUMBERING_UNKNOWN, 31,
      "NL", "88", "+31 88" },
    { "4915123456789", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_MOBILE, 49,
      "DE", "01512 3456789", "+49 1512 3456789" },
    { "493012345678", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_FIXED_LINE,
      49, "DE", "030 12345678", "+49 30 12345678" },
    { "447400123456", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_MOBILE, 44,
      "GB", "07400 123456", "+44 7400 123456" },
    { "442079460018", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_FIXED_LINE,
      44, "GB", "020 7946 0018", "+44 20 7946 0018" },
    /* Ofcom's numbers for drama: no range that is in use */
    { "447700900123", PL_NUMBERING_POSSIBLE, false, PL_NUMBERING_UNKNOWN, 44,
      "", "07700 900123", "+44 7700 900123" },
    { "12015550123", PL_NUMBERING_POSSIBLE, true,
      PL_NUMBERING_FIXED_LINE_OR_MOBILE, 1, "US", "(201) 555-0123",
      "+1 201-555-0123" },
    { "18002345678", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_TOLL_FREE, 1,
      "US", "(800) 234-5678", "+1 800-234-5678" },
    { "5511961234567", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_MOBILE, 55,
      "BR", "(11) 96123-4567", "+55 11 96123-4567" },
    { "551123456789", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_FIXED_LINE,
      55, "BR", "(11) 2345-6789", "+55 11 2345-6789" },
    /* a mobile number without its 9 */
    { "551196123456", PL_NUMBERING_POSSIBLE, false, PL_NUMBERING_UNKNOWN, 55,
      "BR", "1196123456", "+55 1196123456" },
    { "390612345678", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_FIXED_LINE,
      39, "IT", "06 1234 5678", "+39 06 1234 5678" },
    /* of no country */
    { "80012345678", PL_NUMBERING_POSSIBLE, true, PL_NUMBERING_TOLL_FREE,
      800, "", "1234 5678", "+800 1234 5678" },
    { "123456789012345", PL_NUMBERING_TOO_LONG, false, PL_NUMBERING_UNKNOWN,
      1, "", "23456789012345", "+1 23456789012345" },
    { "9991234567", PL_NUMBERING_NO_COUNTRY, false, PL_NUMBERING_UNKNOWN, 0,
      "", "", "" },
    { "112", PL_NUMBERING_TOO_SHORT, false, PL_NUMBERING_UNKNOWN, 1, "",
      "12", "+1 12" },
    { "6", PL_NUMBERING_TOO_SHORT, false, PL_NUMBERING_UNKNOWN, 0, "", "",
      "" },
};


static void
what_a_number_is(void **state)
{
    size_t                 i;
    t_numbers_t           *t = *state;
    pl_numbering_facts_t   facts;

    needs_library(t);

    for (i = 0; i < PL_COUNT(vectors); i++) {
        assert_int_equal(pl_numbering_explain(t->numbering,
                                              vectors[i].digits, &facts,
                                              NULL), PL_OK);
        assert_int_equal(facts.length, vectors[i].length);
        assert_int_equal(facts.valid, vectors[i].valid);
        assert_int_equal(facts.kind, vectors[i].kind);
        assert_int_equal(facts.code, vectors[i].code);
        assert_string_equal(facts.country, vectors[i].country);
        assert_string_equal(facts.national, vectors[i].national);
        assert_string_equal(facts.international, vectors[i].international);
    }
}


static void
no_number_passes_the_face(void **state)
{
    char                  *many = malloc(MANY + 1);
    size_t                 i;
    t_numbers_t           *t = *state;
    pl_numbering_facts_t   facts, none;

    static const char *const  bad[] = {
        "", "+", "31612345678", "++31612345678", "+31 612345678",
        "+3161234567x", "+31612345678;ext=5", "+31612345678\n", "+\x80\xff",
        "+\xd9\xa3\xd9\xa1", "+1234567890123456", "tel:+31612345678",
        "+31612345678;phone-context=+1", ("\xef\xbc\x8b" "31612345678"),
    };

    assert_non_null(many);

    if (t->numbering == NULL) {
        free(many);
        needs_library(t);
    }

    memset(&none, 0, sizeof(none));

    for (i = 0; i < PL_COUNT(bad); i++) {
        memset(&facts, 0xff, sizeof(facts));
        assert_int_equal(t->face->explain(bad[i], &facts),
                         PL_NUMBERING_NONE);
        assert_memory_equal(&facts, &none, sizeof(none));
    }

    assert_int_equal(t->face->explain(NULL, &facts), PL_NUMBERING_NONE);

    memset(many, '1', MANY);
    many[0] = '+';
    many[MANY] = '\0';
    assert_int_equal(t->face->explain(many, &facts), PL_NUMBERING_NONE);
    assert_int_equal(pl_numbering_explain(t->numbering, many + 1, &facts,
                                          NULL), PL_INVALID);

    /* the longest that there is, and one more */

    assert_int_equal(t->face->explain("+123456789012345", &facts),
                     PL_NUMBERING_OK);
    assert_int_equal(pl_numbering_explain(t->numbering, "1234567890123456",
                                          &facts, NULL), PL_INVALID);
    assert_int_equal(pl_numbering_explain(t->numbering, "", &facts, NULL),
                     PL_INVALID);

    free(many);
}


/* Whatever it begins with, and however long it is. */

static void
all_beginnings(void **state)
{
    int                    len, head;
    char                   digits[PL_NUMBERING_DIGITS + 1];
    t_numbers_t           *t = *state;
    pl_numbering_facts_t   facts;

    needs_library(t);

    for (head = 1; head < 1000; head += 7) {
        for (len = 1; len <= PL_NUMBERING_DIGITS; len += 2) {
            (void) snprintf(digits, sizeof(digits), "%-15d", head);
            memset(digits + strcspn(digits, " "), '7',
                   strlen(digits) - strcspn(digits, " "));
            digits[len] = '\0';

            assert_int_equal(pl_numbering_explain(t->numbering, digits,
                                                  &facts, NULL), PL_OK);
            assert_true(facts.length == PL_NUMBERING_POSSIBLE
                        || !facts.valid);
            assert_true(facts.valid || facts.kind == PL_NUMBERING_UNKNOWN);
            assert_true(facts.code != 0
                        || facts.international[0] == '\0');
        }
    }
}


static void
which_library_it_is(void **state)
{
    t_numbers_t                 *t = *state;
    const pl_numbering_about_t  *about;

    needs_library(t);

    about = pl_numbering_about(t->numbering);
    assert_string_equal(about->name, "libphonenumber");
    assert_int_equal(strspn(about->version, "0123456789."),
                     strlen(about->version));
    assert_true(strlen(about->version) > 0);
    assert_true(about->not_after_s > 1262304000);
}


static void *
explains(void *data)
{
    size_t                 i, n;
    t_numbers_t           *t = data;
    pl_numbering_facts_t   facts;

    for (n = 0; n < ROUNDS; n++) {
        i = n % PL_COUNT(vectors);

        if (pl_numbering_explain(t->numbering, vectors[i].digits, &facts,
                                 NULL) != PL_OK
            || facts.valid != vectors[i].valid
            || strcmp(facts.national, vectors[i].national) != 0)
        {
            return data;
        }
    }

    return NULL;
}


static void
threads_and_children(void **state)
{
    int           i, status;
    void         *wrong;
    pid_t         pid;
    pthread_t     threads[THREADS];
    t_numbers_t  *t = *state;

    needs_library(t);

    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, explains, t), 0);
    }

    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        _exit(explains(t) == NULL ? 0 : 1);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}


static void
what_is_no_library(void **state)
{
    char              file[] = "/tmp/parley-numbers-XXXXXX";
    int               fd = mkstemp(file);
    Dl_info           other;
    pl_err_t          err;
    pl_numbering_t   *n = (void *) &err;

    (void) state;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "no object", 9), 9);
    assert_int_equal(close(fd), 0);

    assert_int_equal(pl_numbering_open(&n, "libphonenumber.so.8", &err),
                     PL_INVALID);
    assert_null(n);
    assert_string_equal(err.text, "the library's path has no folder");

    assert_int_equal(pl_numbering_open(&n, "/nowhere/x.so", &err),
                     PL_INVALID);
    assert_non_null(strstr(err.text, "/nowhere/x.so"));

    assert_int_equal(pl_numbering_open(&n, file, &err), PL_INVALID);
    assert_non_null(strstr(err.text, file));
    assert_null(n);

    /* an object of something else */

    assert_int_not_equal(dladdr((void *) &_cmocka_run_group_tests, &other),
                         0);
    assert_int_equal(pl_numbering_open(&n, other.dli_fname, &err),
                     PL_INVALID);
    assert_non_null(strstr(err.text, PL_NUMBERING_SYMBOL));

    pl_numbering_close(n);
    assert_int_equal(unlink(file), 0);
}


/* ---- what is said of a number --------------------------------------- */

/* doubts: a bit each; without the library only the first three can be. */
#define BIT(name)  (1u << DOUBT(name))

static const struct {
    const char  *text;
    const char  *code;
    const char  *number;        /* NULL: it is none */
    const char  *e164;
    unsigned     doubts;        /* with the library, but for OLD_DATA */
} said[] = {
    { "+31 (0)6-1234 5678", NULL, "31612345678", "+31612345678", 0 },
    { "0612345678", "31", "31612345678", "+31612345678", 0 },
    { "0612345678", NULL, "0612345678", NULL, BIT(COUNTRY_MISSING) },
    { "0031612345678", NULL, "31612345678", "+31612345678", 0 },
    { "123456789012345", NULL, "123456789012345", "+123456789012345",
      BIT(TOO_LONG) },
    { "1234567890123456", NULL, "1234567890123456", NULL, BIT(LENGTH) },
    { "12345678901234567890", NULL, "12345678901234567890", NULL,
      BIT(LENGTH) },
    { "123456789012345678901", NULL, NULL, NULL, 0 },
    { "+3188", NULL, "3188", "+3188", BIT(TOO_SHORT) },
    { "+999 123 4567", NULL, "9991234567", "+9991234567",
      BIT(CALLING_CODE) },
    { "+44 7700 900123", NULL, "447700900123", "+447700900123",
      BIT(NOT_IN_USE) },
    /* said as at home, where there is no 0: it is Egypt's */
    { "(201) 555-0123", "1", "2015550123", "+2015550123", BIT(NATIONAL) },
    { "(201) 555-0123", NULL, "2015550123", "+2015550123", 0 },
    { "+20 15 550123", "1", "2015550123", "+2015550123", 0 },
    { "1 201 555 0123", "1", "12015550123", "+12015550123", 0 },
    { "call me", NULL, NULL, NULL, 0 },
    { "", NULL, NULL, NULL, 0 },
    { "+", NULL, NULL, NULL, 0 },
    { "\xff\xfe", NULL, NULL, NULL, 0 },
};


static void
is_said(t_numbers_t *t, const pl_numbering_t *numbering, size_t row)
{
    size_t                  i;
    pl_err_t                err = { 0 };
    unsigned                doubts = 0, want = said[row].doubts;
    Pl__Api__NumberAnswer   a = PL__API__NUMBER_ANSWER__INIT;

    if (said[row].number == NULL) {
        assert_int_equal(pl_number_answer(numbering, t->ar, said[row].text,
                                          said[row].code, &a, &err),
                         PL_INVALID);
        assert_string_equal(err.path, "number");
        return;
    }

    assert_int_equal(pl_number_answer(numbering, t->ar, said[row].text,
                                      said[row].code, &a, &err), PL_OK);
    assert_string_equal(a.number, said[row].number);
    assert_int_equal(a.e164 == NULL, said[row].e164 == NULL);
    assert_int_equal(a.explained, numbering != NULL && a.e164 != NULL);
    assert_int_equal(a.source != NULL, a.explained);
    assert_int_equal(a.has_valid, a.explained);

    if (a.e164 != NULL) {
        assert_string_equal(a.e164, said[row].e164);
    }

    for (i = 0; i < a.n_warnings; i++) {
        doubts |= 1u << a.warnings[i]->doubt;
        assert_true(strlen(a.warnings[i]->text) > 0);
    }

    if (a.explained) {
        want |= BIT(OLD_DATA);

    } else {
        want &= BIT(COUNTRY_MISSING) | BIT(LENGTH);
    }

    assert_int_equal(doubts, want);
}


static void
said_without_it(void **state)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(said); i++) {
        is_said(*state, NULL, i);
    }
}


static void
said_with_it(void **state)
{
    size_t        i;
    t_numbers_t  *t = *state;

    needs_library(t);

    for (i = 0; i < PL_COUNT(said); i++) {
        is_said(t, t->numbering, i);
    }
}


static void
calling_codes(void **state)
{
    size_t                  i;
    pl_err_t                err;
    t_numbers_t            *t = *state;
    Pl__Api__NumberAnswer   a = PL__API__NUMBER_ANSWER__INIT;

    static const char *const  bad[] = { "", "0", "031", "+31", "3111", "x" };

    for (i = 0; i < PL_COUNT(bad); i++) {
        assert_int_equal(pl_number_answer(t->numbering, t->ar, "+31612345678",
                                          bad[i], &a, &err), PL_INVALID);
        assert_string_equal(err.path, "calling_code");
    }
}


/* Wherever memory ends, it is said, and nothing is half an answer. */

static void
memory_that_ends(void **state)
{
    size_t                  max, fine = 0;
    pl_arena_t             *ar;
    t_numbers_t            *t = *state;
    pl_status_t             rc;
    Pl__Api__NumberAnswer   a = PL__API__NUMBER_ANSWER__INIT;

    for (max = 64; max <= 4096; max += 16) {
        ar = pl_arena_create(64, max);
        if (ar == NULL) {
            continue;
        }

        rc = pl_number_answer(t->numbering, ar, "(201) 555-0123", "1", &a,
                              NULL);
        assert_true(rc == PL_OK || rc == PL_NOMEM);
        assert_true(fine == 0 || rc == PL_OK);

        fine += rc == PL_OK;
        pl_arena_destroy(ar);
    }

    assert_in_range(fine, 1, 4096 / 16 - 8);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_a_number_is),
        cmocka_unit_test(no_number_passes_the_face),
        cmocka_unit_test(all_beginnings),
        cmocka_unit_test(which_library_it_is),
        cmocka_unit_test(threads_and_children),
        cmocka_unit_test(what_is_no_library),
        cmocka_unit_test(said_without_it),
        cmocka_unit_test(said_with_it),
        cmocka_unit_test(calling_codes),
        cmocka_unit_test(memory_that_ends),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, end);
}
