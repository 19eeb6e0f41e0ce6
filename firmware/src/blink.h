/* The result for people: a class number as blinks, an error as a flicker. */
#ifndef BLINK_H
#define BLINK_H

#define BLINK_ERROR (-1)

/* What to show from now on: a class counted from 0 (class + 1 blinks and a pause), or BLINK_ERROR. */
void blink_show(int class_number);

/* Again and again; never waits. */
void blink_poll(void);

#endif
