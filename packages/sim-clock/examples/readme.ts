import { createSimClock } from "sim-clock";

const clock = createSimClock({ instructionsPerSecond: 500_000_000 });
const tick = clock.createAlarm("pit", (atNs) => {
  console.log(`tick at ${atNs} ns`);
  tick.arm(atNs + 838n);
});
tick.arm(838n);

// The run loop: execute up to the next alarm, then let the time of those instructions pass.
for (let round = 0; round < 2; round++) {
  const budget = clock.instructionsUntilAlarm(10_000);
  console.log(`run ${budget} instructions`);
  clock.retire(budget);
}
// An idle processor jumps.
clock.advanceTo(clock.nextAlarmNs ?? clock.nowNs());
console.log(`now ${clock.nowNs()} ns`);
