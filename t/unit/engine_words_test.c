/*
 * Search: what a word is, in several languages; the index beside what is not
 * indexed; what is taken out of it again; names.
 */

#include "people.h"
#include "ctl.h"

#include "../../src/engine/words_find.h"
#include "../../src/engine/words_impl.h"


static const char *
words(const char *text)
{
    size_t           i, len = 0;
    pl_err_t         err;
    pl_arena_t      *ar = pl_arena_create(4096, 1u << 20);
    static char      out[4096];
    pl_word_list_t   list;

    assert_int_equal(pl_words_text(ar, pl_str_c(text), &list, &err), PL_OK);
    out[0] = '\0';

    for (i = 0; i < list.n; i++) {
        len += (size_t) snprintf(out + len, sizeof(out) - len, "%s%.*s",
                                 i == 0 ? "" : " ", (int) list.words[i].len,
                                 (const char *) list.words[i].data);
    }

    pl_arena_destroy(ar);

    return out;
}


static void
texts_become_words(void **state)
{
    char    text[128], ascii[256], other[256], more[300];
    size_t  i;

    (void) state;

    assert_string_equal(words("Hello, World! 24/7 a_b"),
                        "hello world 24 7 a b");
    assert_string_equal(words("Caf\xc3\xa9 na\xc3\xafve"), "cafe naive");
    assert_string_equal(words("M\xc3\xbcller Stra\xc3\x9f""e"),
                        "muller strasse mueller");
    assert_string_equal(words("\xc4\xb0stanbul I\xc5\x9f\xc4\xb1k"),
                        "istanbul isik");
    assert_string_equal(words("\xd9\x83\xd9\x90\xd8\xaa\xd8\xa7\xd8\xa8"),
                        "\xd9\x83\xd8\xaa\xd8\xa7\xd8\xa8");
    assert_string_equal(words("\xff\xfe"), "");
    assert_string_equal(words(""), "");

    /* what is all ASCII takes another way to the same words */

    for (i = 0; i < 126; i++) {
        text[i] = (char) (i + 1);
    }

    text[126] = '\0';
    (void) snprintf(ascii, sizeof(ascii), "%s", words(text));
    (void) snprintf(other, sizeof(other), "%s \xc3\xa9", text);
    (void) snprintf(more, sizeof(more), "%s e", ascii);
    assert_string_equal(words(other), more);
}


static void
a_long_word_is_cut_on_both_sides(void **state)
{
    size_t  len;
    char    text[200];

    (void) state;

    for (len = PL_WORD_MAX - 1; len <= PL_WORD_MAX + 1; len++) {
        memset(text, 'x', len);
        text[len] = '\0';
        assert_int_equal(strlen(words(text)),
                         len < PL_WORD_MAX ? len : PL_WORD_MAX);
    }
}


static Pl__StateMeta *
meta_of(t_engine_t *t, pl_txn_t *txn)
{
    Pl__StateMeta  *meta;

    t_ok(t, pl_state_meta(txn, t->ar, &meta, &t->err));

    return meta;
}


static void
finds(t_engine_t *t, pl_find_t *find, pl_found_t *found)
{
    pl_txn_t  *txn;

    find->tenant = 1;
    find->limit = find->limit == 0 ? PL_FIND_MAX : find->limit;
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, false, &txn, &t->err));
    t_ok(t, pl_words_find(txn, t->ar, meta_of(t, txn), find, found,
                          &t->err));
    pl_store_abort(txn);
}


static size_t
count(t_engine_t *t, const char *text)
{
    pl_find_t    find;
    pl_found_t   found;

    memset(&find, 0, sizeof(find));
    find.text = text;
    find.direction = PL__DIRECTION__DIRECTION_IN;
    finds(t, &find, &found);

    return found.n;
}


static void
indexes(t_engine_t *t, uint32_t rows)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__IndexWords  in = PL__INDEX_WORDS__INIT;

    in.rows = rows;
    command.of_case = PL__COMMAND__OF_INDEX_WORDS;
    command.index_words = &in;
    (void) t_append(t, &command, "");
    t_fold(t);
}


static void
hears(t_engine_t *t, unsigned who, const char *text)
{
    char             phone[32], wamid[40];
    static unsigned  n;

    (void) snprintf(phone, sizeof(phone), "346000%05u", who);
    (void) snprintf(wamid, sizeof(wamid), "wamid.w%u", ++n);
    t_pass(t, 1000);
    says(t, phone, NULL, wamid, text);
}


static void
what_is_indexed_and_what_is_not_are_found_alike(void **state)
{
    size_t       round;
    pl_find_t    find;
    pl_found_t   found;
    t_engine_t  *t = t_new();

    *state = t;
    t_configure(t);
    hears(t, 1, "The caf\xc3\xa9 is M\xc3\xbcller");
    hears(t, 2, "cafe again, and tea");
    hears(t, 1, "only tea");

    for (round = 0; round < 3; round++) {
        assert_int_equal(count(t, "cafe"), 2);
        assert_int_equal(count(t, "CAF\xc3\x89"), 2);
        assert_int_equal(count(t, "mueller"), 1);
        assert_int_equal(count(t, "m\xc3\xbcller"), 1);
        assert_int_equal(count(t, "muller"), 1);
        assert_int_equal(count(t, "tea cafe"), 1);
        assert_int_equal(count(t, "caf"), 0);
        assert_int_equal(count(t, "caf*"), 2);
        assert_int_equal(count(t, "te* aga*"), 1);
        assert_int_equal(count(t, "nothing"), 0);

        indexes(t, round == 0 ? 2 : 100);   /* part of it, then all */
    }

    /* newest first, in pages that keep their place */

    memset(&find, 0, sizeof(find));
    find.text = "tea";
    find.limit = 1;
    finds(t, &find, &found);
    assert_int_equal(found.n, 1);
    assert_int_equal(found.tail, 0);
    hears(t, 3, "tea, newer");
    find.before = found.next;
    finds(t, &find, &found);
    assert_int_equal(found.n, 1);
    assert_int_equal(found.next, 0);

    /* a tenant finds its own */

    find.before = 0;
    find.limit = 10;
    finds(t, &find, &found);
    assert_int_equal(found.n, 3);
    assert_true(found.rows[0].id > found.rows[1].id);
}


/* How many messages have the word in its row; -1: there is no such row. */

static int
row_has(t_engine_t *t, pl_txn_t *txn, uint64_t number, const char *word)
{
    size_t             n;
    uint64_t          *ids;
    pl_key_t           key;
    pl_str_t           value, row;
    pl_words_entry_t   entry;

    pl_key_words(&key, 0, 1, number, PL_WORDS_BUCKET, pl_str_c(word));
    if (pl_store_get(txn, PL_TABLE_WORDS, pl_key_str(&key), &value, &t->err)
        != PL_OK)
    {
        return -1;
    }

    t_ok(t, pl_record_read_bytes(PL_TABLE_WORDS, value, &row, &t->err));
    assert_int_equal(pl_words_kind(&row), PL_WORDS_BUCKET);

    while (pl_words_next(&row, &entry, &t->err) == PL_OK) {
        if (pl_str_eq(entry.word, pl_str_c(word))) {
            t_ok(t, pl_words_read(t->ar, entry.ids, &ids, &n, &t->err));
            return (int) n;
        }
    }

    return 0;
}


static void
what_is_forgotten_is_not_in_the_index(void **state)
{
    uint64_t            ids[2], number, other;
    pl_txn_t           *txn;
    pl_find_t           find;
    pl_found_t          found;
    pl_apply_t          ap;
    t_engine_t         *t = t_new();
    pl_words_retired_t  retired;

    *state = t;
    t_configure(t);
    hears(t, 1, "secret tea");
    hears(t, 2, "open tea");
    indexes(t, 100);

    memset(&find, 0, sizeof(find));
    find.text = "secret";
    finds(t, &find, &found);
    assert_int_equal(found.n, 1);
    ids[0] = found.rows[0].id;
    ids[1] = UINT64_MAX;

    memset(&ap, 0, sizeof(ap));
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    ap.txn = txn;
    ap.ar = t->ar;
    ap.meta = meta_of(t, txn);
    t_ok(t, pl_words_number(txn, 0, 1, &number, &t->err));
    t_ok(t, pl_words_forget(&ap, 1, ids, 2, &retired, &t->err));
    assert_int_equal(retired.n, 1);
    assert_int_equal(retired.numbers[0], number);
    assert_int_equal(pl_words_forget(&ap, 1, ids, PL_WORDS_FORGET_MAX + 1,
                                     &retired, &t->err), PL_TOOBIG);

    assert_int_equal(row_has(t, txn, number, "secret"), -1);
    assert_int_equal(row_has(t, txn, number, "tea"), -1);
    t_ok(t, pl_words_number(txn, 0, 1, &other, &t->err));
    assert_true(other > number);
    assert_int_equal(row_has(t, txn, other, "secret") > 0, 0);
    assert_int_equal(row_has(t, txn, other, "tea"), 1);

    t_ok(t, pl_record_put(txn, PL_TABLE_META, PL_STR("state"),
                          &ap.meta->base, false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));

    assert_int_equal(count(t, "secret"), 0);
    assert_int_equal(count(t, "tea"), 1);
}


static void
a_search_has_words_but_not_too_many(void **state)
{
    pl_txn_t    *txn;
    pl_find_t    find;
    pl_found_t   found;
    t_engine_t  *t = t_new();

    *state = t;
    t_configure(t);
    memset(&find, 0, sizeof(find));
    find.tenant = 1;
    find.limit = 10;
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, false, &txn, &t->err));

    find.text = "1 2 3 4 5 6 7 8";
    t_ok(t, pl_words_find(txn, t->ar, meta_of(t, txn), &find, &found,
                          &t->err));
    find.text = "1 2 3 4 5 6 7 8 9";
    assert_int_equal(pl_words_find(txn, t->ar, meta_of(t, txn), &find,
                                   &found, &t->err), PL_INVALID);
    find.text = "!?";
    assert_int_equal(pl_words_find(txn, t->ar, meta_of(t, txn), &find,
                                   &found, &t->err), PL_INVALID);
    pl_store_abort(txn);
}


/* FNV-1a, which anybody can compute. */

static uint32_t
known_hash(const char *word)
{
    uint32_t  hash = 2166136261u ^ 1;

    while (*word != '\0') {
        hash = (hash ^ (uint8_t) *word++) * 16777619u;
    }

    return hash ^ (hash >> 15);
}


/*
 * Words that all want one place of a table whose hash is known: under that of
 * a store they want as many places as any words.
 */

static void
words_that_were_chosen_gather_nowhere(void **state)
{
    char             word[16];
    unsigned         i, n, most, other;
    static uint8_t   places[16384];
    const uint64_t   seed[2] = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
    const uint64_t   elsewhere[2] = { 1, 2 };

    (void) state;
    memset(places, 0, sizeof(places));

    for (i = 0, n = 0, most = 0, other = 0; n < 400; i++) {
        (void) snprintf(word, sizeof(word), "w%u", i);

        if ((known_hash(word) & 16383) != 7) {
            continue;
        }

        n++;
        other += pl_words_hash(seed, 1, pl_str_c(word))
                 == pl_words_hash(elsewhere, 1, pl_str_c(word));
        places[pl_words_hash(seed, 1, pl_str_c(word)) & 16383]++;
    }

    for (i = 0; i < 16384; i++) {
        most = places[i] > most ? places[i] : most;
    }

    assert_true(most <= 5);
    assert_int_equal(other, 0);

    /* tenant and length count; and nothing is read behind the word */

    assert_int_not_equal(pl_words_hash(seed, 1, PL_STR("tea")),
                         pl_words_hash(seed, 2, PL_STR("tea")));
    assert_int_not_equal(pl_words_hash(seed, 1, PL_STR("tea")),
                         pl_words_hash(seed, 1, PL_STR("teas")));
}


/* What engine 6 wrote goes, a bounded number of rows at a time. */

static void
rows_of_an_older_form_go_first(void **state)
{
    size_t           i;
    uint8_t          word[8];
    pl_key_t         key;
    pl_txn_t        *txn;
    t_engine_t      *t = t_new();
    Pl__StateMeta   *meta;

    *state = t;
    t_configure(t);
    hears(t, 1, "green tea");

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));

    for (i = 0; i < PL_WORDS_OLD_ROWS + 1; i++) {
        (void) snprintf((char *) word, sizeof(word), "w%05zu", i);
        key.len = 0;
        key.overflow = false;
        pl_key_u32(&key, 0);
        pl_key_u32(&key, 1);
        pl_key_bytes(&key, word, 6);
        t_ok(t, pl_record_put_bytes(txn, PL_TABLE_WORDS, pl_key_str(&key),
                                    PL_STR("\x01"), true, &t->err));
    }

    meta = meta_of(t, txn);
    meta->has_words_form = 0;
    meta->words_form = 0;
    meta->has_words_segment = meta->has_words_to = 1;
    meta->words_segment = 1;
    meta->words_to = meta->next_id - 1;
    t_ok(t, pl_record_put(txn, PL_TABLE_META, PL_STR("state"), &meta->base,
                          false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
    pl_fold_destroy(t->fold);
    t_ok(t, pl_fold_create(&t->fold, t->st, t->st, NULL, t->codec, &t->clock,
                           &t->err));

    indexes(t, 100);
    assert_int_equal(t_rows(t, PL_TABLE_WORDS), 1);
    assert_int_equal(count(t, "tea"), 1);
    indexes(t, 100);
    assert_true(t_rows(t, PL_TABLE_WORDS) > 2);
    assert_int_equal(count(t, "tea"), 1);
    assert_int_equal(count(t, "gre*"), 1);
    (void) t_ctl_is(t, "check", 0);
}


static size_t
people(t_engine_t *t, const char *text)
{
    pl_txn_t     *txn;
    pl_people_t   out;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, false, &txn, &t->err));
    t_ok(t, pl_people_find(txn, t->ar, 1, text, &out, &t->err));
    pl_store_abort(txn);

    return out.n;
}


static void
people_are_found_by_name_and_number(void **state)
{
    t_engine_t      *t = t_new();
    Pl__Address      address = PL__ADDRESS__INIT;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__ContactSet   set = PL__CONTACT_SET__INIT;

    *state = t;
    t_configure(t);
    address.kind = PHONE;
    address.value = (char *) "4915100000001";
    set.tenant = 1;
    set.address = &address;
    set.name = (char *) "J\xc3\xb6rg M\xc3\xbcller";
    command.of_case = PL__COMMAND__OF_CONTACT_SET;
    command.contact_set = &set;
    (void) t_append(t, &command, "");
    t_fold(t);

    assert_int_equal(people(t, "jorg"), 1);
    assert_int_equal(people(t, "joerg"), 1);
    assert_int_equal(people(t, "M\xc3\xbcl"), 1);
    assert_int_equal(people(t, "jo mul"), 1);
    assert_int_equal(people(t, "jo smith"), 0);
    assert_int_equal(people(t, "+49 151"), 1);
    assert_int_equal(people(t, "49152"), 0);

    set.name = (char *) "Anna";
    (void) t_append(t, &command, "");
    t_fold(t);
    assert_int_equal(people(t, "jorg"), 0);
    assert_int_equal(people(t, "anna"), 1);
    assert_int_equal(t_rows(t, PL_TABLE_NAMES), 2);  /* ann, anna */
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(texts_become_words),
        cmocka_unit_test(a_long_word_is_cut_on_both_sides),
        cmocka_unit_test_teardown(
            what_is_indexed_and_what_is_not_are_found_alike, t_end),
        cmocka_unit_test_teardown(what_is_forgotten_is_not_in_the_index,
                                  t_end),
        cmocka_unit_test(words_that_were_chosen_gather_nowhere),
        cmocka_unit_test_teardown(rows_of_an_older_form_go_first, t_end),
        cmocka_unit_test_teardown(a_search_has_words_but_not_too_many,
                                  t_end),
        cmocka_unit_test_teardown(people_are_found_by_name_and_number,
                                  t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
