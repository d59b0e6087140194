// The clock of a Linux that runs as a process (user-mode-linux), to be preloaded: its time is what its kernel computes, and
// what it would sleep through is skipped. An hour in which programs wait for each other passes in seconds, and however busy
// the computer below is, no timer comes late. What user-mode-linux asks of the computer for its clock is all here: two clocks,
// one timer, and sigsuspend, by which it waits for that timer with SIGALRM blocked when all of its processes sleep.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static timer_t only_timer;
// In nanoseconds.
static int64_t skipped;
static int64_t realtime_at_start, monotonic_at_start;

static int64_t nanoseconds(struct timespec time) {
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int64_t read_clock(clockid_t clock) {
  struct timespec now;
  syscall(SYS_clock_gettime, clock, &now);
  return nanoseconds(now);
}

__attribute__((constructor)) static void start(void) {
  realtime_at_start = read_clock(CLOCK_REALTIME);
  monotonic_at_start = read_clock(CLOCK_MONOTONIC);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) return syscall(SYS_clock_gettime, clock, now);
  int64_t at_start = clock == CLOCK_REALTIME ? realtime_at_start : monotonic_at_start;
  int64_t time = at_start + read_clock(CLOCK_PROCESS_CPUTIME_ID) + skipped;
  now->tv_sec = time / INT64_C(1000000000);
  now->tv_nsec = time % INT64_C(1000000000);
  return 0;
}

int timer_create(clockid_t clock, struct sigevent *event, timer_t *timer) {
  (void)clock;
  __typeof__(&timer_create) real = (__typeof__(&timer_create))dlsym(RTLD_NEXT, "timer_create");
  int result = real(CLOCK_PROCESS_CPUTIME_ID, event, timer);
  only_timer = *timer;
  return result;
}

int sigsuspend(const sigset_t *mask) {
  static __typeof__(&sigsuspend) real;
  if (real == NULL) real = (__typeof__(&sigsuspend))dlsym(RTLD_NEXT, "sigsuspend");
  struct itimerspec timer;
  timer_gettime(only_timer, &timer);
  skipped += nanoseconds(timer.it_value);
  timer.it_value = timer.it_interval;
  timer_settime(only_timer, 0, &timer, NULL);
  // Setting a timer takes back its signal where that is pending, and a signal that is pending is not sent once more: ours
  // would be lost, and with it the only one that ends the waiting.
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  const struct timespec at_once = {0};
  while (sigtimedwait(&alarm, NULL, &at_once) == SIGALRM) continue;
  kill(getpid(), SIGALRM);
  return real(mask);
}
