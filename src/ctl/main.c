/*
 * parleyctl: reads the command line and calls the command's handler.
 */

#include <errno.h>
#include <string.h>

#include "cmd.h"


static int main_command(const plctl_args_t *args);
static int main_run(const plctl_args_t *args, plctl_handler_pt handler,
    unsigned used);
static int main_unknown(const plctl_args_t *args);
static int main_usage(const pl_err_t *err, const char *word);
static int main_flush(int status);


int
main(int argc, char **argv)
{
    pl_err_t      err;
    plctl_args_t  args;

    memset(&err, 0, sizeof(pl_err_t));

    if (plctl_args_parse(&args, argc, argv, &err) != PL_OK) {
        return main_usage(&err, NULL);
    }

    return main_flush(main_command(&args));
}


static int
main_command(const plctl_args_t *args)
{
    pl_err_t                err;
    unsigned                used;
    const plctl_command_t  *row;

    memset(&err, 0, sizeof(pl_err_t));

    if (args->given & PLCTL_OPT_VERSION) {
        return main_run(args, plctl_cmd_version, 0);
    }

    if (args->n_words == 0) {
        if (args->given & PLCTL_OPT_HELP) {
            plctl_help_all(stdout, plctl_commands, plctl_commands_count);
            return PLCTL_EXIT_OK;
        }

        (void) pl_err_set(&err, PL_INVALID, "", 0, "no command");
        return main_usage(&err, NULL);
    }

    if (args->given & PLCTL_OPT_HELP) {
        if (plctl_help_one(stdout, plctl_commands, plctl_commands_count,
                           args->words[0]))
        {
            return PLCTL_EXIT_OK;
        }
    }

    row = plctl_args_command(plctl_commands, plctl_commands_count, args,
                             &used);

    if (row == NULL) {
        return main_unknown(args);
    }

    if (plctl_args_check(row, args, used, &err) != PL_OK) {
        return main_usage(&err, NULL);
    }

    return main_run(args, row->handler, used);
}


static int
main_run(const plctl_args_t *args, plctl_handler_pt handler, unsigned used)
{
    int       status;
    plctl_t   ctl;
    pl_err_t  err;

    memset(&err, 0, sizeof(pl_err_t));

    if (plctl_create(&ctl, args, stdout, stderr, &err) != PL_OK) {
        status = plctl_fail(&ctl, &err);

    } else {
        status = handler(&ctl, args->words + used, args->n_words - used);
    }

    plctl_destroy(&ctl);

    return status;
}


/* The first of two words may be right: then those that may follow it help. */

static int
main_unknown(const plctl_args_t *args)
{
    bool         known;
    pl_err_t     err;
    const char  *word = args->words[0];

    memset(&err, 0, sizeof(pl_err_t));
    known = plctl_help_begins(plctl_commands, plctl_commands_count, word);

    if (known && args->n_words == 1) {
        (void) pl_err_set(&err, PL_INVALID, "", 0, "\"%s\" is followed by "
                          "another word", word);

    } else {
        (void) pl_err_set(&err, PL_INVALID, "", 0,
                          "unknown command \"%s%s%s\"", word,
                          known ? " " : "", known ? args->words[1] : "");
    }

    return main_usage(&err, known ? word : NULL);
}


/* word: a command's first, of which the help is shorter; or NULL. */

static int
main_usage(const pl_err_t *err, const char *word)
{
    char         buf[512];
    pl_arena_t  *ar;

    /* what it quotes is an argument, of whatever bytes */

    ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);

    fprintf(stderr, "parleyctl: %s\n"
                    "parleyctl: parleyctl %s%s--help says what there is\n",
            ar == NULL ? "out of memory"
            : plctl_clean(ar, pl_err_print(err, buf, sizeof(buf))),
            word == NULL ? "" : word, word == NULL ? "" : " ");

    pl_arena_destroy(ar);

    return PLCTL_EXIT_USAGE;
}


/* A full disk behind stdout is a failure, not an answer cut short. */

static int
main_flush(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "parleyctl: cannot write to stdout: %s\n",
                strerror(errno));
        return PLCTL_EXIT_FAILED;
    }

    return status;
}
