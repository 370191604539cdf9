/*
 * --trace-departures: a line for each attempt that leaves, written before
 * its first byte does, so that a kill loses none:
 *
 *     MONO_US WALL_MS CHANNEL TENANT LANE EFFECT\n
 *
 * MONO_US is CLOCK_BOOTTIME in microseconds, by which rates are kept: of a
 * mail when it begins, of all else when it goes on the wire. For
 * looking at pace; it costs a system call a send. Lines are appended. The
 * main thread's.
 */

#ifndef PLS_TRACE_H_INCLUDED
#define PLS_TRACE_H_INCLUDED

#include "job.h"

#define PLS_TRACE_LINE_MAX  128

/* *fd: -1 where path is NULL. PL_DENIED. */
pl_status_t pls_trace_open(int *fd, const char *path, pl_err_t *err);
void pls_trace_close(int fd);           /* -1 is fine */

/* One leaves; what cannot be written is left out. */
void pls_trace_left(int fd, const pls_job_t *job, int64_t wall_ms);

#endif /* PLS_TRACE_H_INCLUDED */
