/*
 * Fuzz target: flow files. What must hold for any text: it is compiled, or
 * each of its mistakes has words and a place; what is compiled can be asked
 * and says nothing but UTF-8 within its bound.
 *
 *     clang -fsanitize=fuzzer,address,undefined ... t/fuzz/fuzz_flow.c
 *     ./fuzz_flow -max_total_time=60 conf/flows t/fuzz/flow
 */

#include <stdlib.h>
#include <string.h>

#include "../../src/channel/whatsapp_impl.h"
#include "../../src/core/str.h"
#include "../../src/engine/flow_impl.h"
#include "../../src/engine/shapes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
fuzz_must(bool holds)
{
    if (!holds) {
        abort();
    }
}


static void
fuzz_mistakes(const pl_flow_mistakes_t *mistakes, pl_status_t rc)
{
    size_t  i;

    fuzz_must(mistakes->n <= PL_FLOW_MISTAKES_MAX);
    fuzz_must(rc == PL_NOMEM || (rc == PL_OK) == (mistakes->errors == 0));

    for (i = 0; i < mistakes->n; i++) {
        fuzz_must(mistakes->rows[i].err.text[0] != '\0');
    }
}


/* What was made once is what is made anew, and is held to the same limits. */

static void
fuzz_same(const Pl__Content *kept, const Pl__Content *made, pl_arena_t *ar)
{
    size_t        len;
    uint8_t      *a, *b;
    pl_err_t      one, two;
    Pl__Message   message = PL__MESSAGE__INIT, other = PL__MESSAGE__INIT;

    fuzz_must((kept == NULL) == (made == NULL));

    if (kept == NULL) {
        return;
    }

    message.content = (Pl__Content *) kept;
    other.content = (Pl__Content *) made;
    len = protobuf_c_message_get_packed_size(&made->base);
    fuzz_must(protobuf_c_message_get_packed_size(&kept->base) == len);

    a = pl_arena_alloc(ar, 2 * len + 1);
    if (a == NULL) {
        return;
    }

    b = a + len;
    (void) protobuf_c_message_pack(&kept->base, a);
    (void) protobuf_c_message_pack(&made->base, b);
    fuzz_must(memcmp(a, b, len) == 0);

    fuzz_must(pl_whatsapp_check(&message, &one)
              == pl_whatsapp_check(&other, &two));
    fuzz_must(pl_whatsapp_check(&message, &one)
              == pl_whatsapp_check(&other, &two));
}


static void
fuzz_say(const pl_flow_t *flow, const Pl__FlowStep *asks,
    const Pl__FlowSay *say, pl_arena_t *ar)
{
    pl_err_t          err;
    flow_made_t       made;
    Pl__Variable      v = PL__VARIABLE__INIT, *rows[1] = { &v };
    Pl__Contact       contact = PL__CONTACT__INIT;
    pl_flow_vars_t    vars = { &contact, rows, 1, NULL, asks };
    Pl__Content      *free_form, *template;
    Pl__Message       message = PL__MESSAGE__INIT;

    v.name = (char *) "v";
    v.value = (char *) "a\n\t     {{v}} \xc3\xbc";
    contact.name = (char *) "Dr. Ann";

    fuzz_must(pl_flow_content(flow, say, &vars, ar, &free_form, &template)
              == PL_OK);
    fuzz_must(pl_flow_say_make(flow, say, NULL, &vars, ar, &made) == PL_OK);
    fuzz_same(free_form, made.free_form, ar);
    fuzz_same(template, made.template, ar);

    if (free_form != NULL) {
        message.content = free_form;
        (void) pl_whatsapp_check(&message, &err);

        if (free_form->of_case == PL__CONTENT__OF_TEXT) {
            fuzz_must(pl_whatsapp_check(&message, &err) == PL_OK);
            fuzz_must(pl_utf8_valid(pl_str_c(free_form->text->body)));
        }
    }
}


static void
fuzz_asked(const pl_flow_t *flow, const pl_codec_t *codec, pl_arena_t *ar)
{
    static pl_match_state_t  *match;

    size_t                 i, k;
    Pl__Text               text = PL__TEXT__INIT;
    Pl__Content            content = PL__CONTENT__INIT;
    pl_flow_facts_t        facts;
    pl_flow_begin_t        begin;
    pl_flow_answer_t       answer;
    pl_flow_handover_t     handover;
    const Pl__FlowStep    *step;

    if (match == NULL) {
        match = pl_match_state_create();
    }

    memset(&facts, 0, sizeof(facts));
    text.body = (char *) "Hi, order 12 \xc3\xbc";
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    facts.match = match;
    fuzz_must(pl_flow_hear(&facts, codec, &content, ar) == PL_OK);

    (void) pl_flow_trigger(flow, &facts, ar, &begin);
    (void) pl_flow_handover(flow, &facts, ar, &handover);
    (void) pl_flow_start(flow);

    for (i = 0; i < pl_flow_file(flow)->n_steps; i++) {
        step = pl_flow_file(flow)->steps[i];
        fuzz_must(pl_flow_step(flow, step->name) == step);

        for (k = 0; k < step->n_branch; k++) {
            (void) pl_flow_holds(flow, step->branch[k]->when, &facts);
        }

        fuzz_must((pl_flow_parse(flow, step, &facts, ar, &answer)
                   == PL_MISUSE) == (step->ask == NULL));

        if (step->say != NULL) {
            fuzz_say(flow, step, step->say, ar);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pl_codec_t          *codec;  /* a target has one process, one run */
    static pl_arena_t          *ar;
    static pl_flow_mistakes_t   mistakes;

    pl_str_t      json = { data, size };
    pl_flow_t    *flow;
    pl_hours_t    quiet;
    pl_status_t   rc;

    if (codec == NULL) {
        fuzz_must(pl_shapes_codec(&codec, NULL) == PL_OK);
        ar = pl_arena_create(64 * 1024, 256 * 1024 * 1024);
        fuzz_must(ar != NULL);
    }

    pl_arena_reset(ar);
    rc = pl_flow_examine(&flow, codec, json, &mistakes);
    fuzz_mistakes(&mistakes, rc);

    if (rc != PL_OK) {
        fuzz_must(flow == NULL);
        return 0;
    }

    fuzz_asked(flow, codec, ar);
    fuzz_must(pl_hours_parse(PL_STR("23:00-07:00"), &quiet, NULL) == PL_OK);
    (void) pl_flow_check_hours(flow, &quiet, &mistakes);
    rc = pl_flow_check_templates(flow, NULL, 0, &mistakes);
    fuzz_must(rc == PL_OK || rc == PL_INVALID);
    pl_flow_destroy(flow);

    return 0;
}
