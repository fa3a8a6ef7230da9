# Runs single instructions in Unicorn for check-unicorn.mjs. Requests come and answers go as lines of JSON through two named pipes;
# every IN and OUT is passed on to the other side, which answers the datum and the eight registers.
import json
import sys

from unicorn import UC_ARCH_X86, UC_HOOK_INSN, UC_MODE_32, Uc
from unicorn.x86_const import (
    UC_X86_INS_IN,
    UC_X86_INS_OUT,
    UC_X86_REG_EAX,
    UC_X86_REG_EBP,
    UC_X86_REG_EBX,
    UC_X86_REG_ECX,
    UC_X86_REG_EDI,
    UC_X86_REG_EDX,
    UC_X86_REG_ESI,
    UC_X86_REG_ESP,
)

CODE = 0x1000
REGISTERS = [
    UC_X86_REG_EAX, UC_X86_REG_ECX, UC_X86_REG_EDX, UC_X86_REG_EBX,
    UC_X86_REG_ESP, UC_X86_REG_EBP, UC_X86_REG_ESI, UC_X86_REG_EDI,
]  # fmt: skip

requests = open(sys.argv[1])
answers = open(sys.argv[2], "w")
engine = Uc(UC_ARCH_X86, UC_MODE_32)
engine.mem_map(0, 0x100000)


def say(what):
    answers.write(json.dumps(what) + "\n")
    answers.flush()


def registers():
    return [engine.reg_read(register) for register in REGISTERS]


def load(values):
    for register, value in zip(REGISTERS, values):
        engine.reg_write(register, value)


def hook(direction):
    def call(_, port, size, *rest):
        say({"hook": direction, "port": port, "size": size, "value": rest[0] if direction == "out" else 0, "registers": registers()})
        answer = json.loads(requests.readline())
        load(answer["registers"])
        return answer["value"]

    return call


engine.hook_add(UC_HOOK_INSN, hook("in"), None, 1, 0, UC_X86_INS_IN)
engine.hook_add(UC_HOOK_INSN, hook("out"), None, 1, 0, UC_X86_INS_OUT)
for line in requests:
    request = json.loads(line)
    code = bytes.fromhex(request["code"])
    memory = bytes.fromhex(request["memory"])
    engine.mem_write(CODE, code)
    engine.ctl_remove_cache(CODE, CODE + 16)
    if memory:
        engine.mem_write(request["address"], memory)
    load(request["registers"])
    engine.emu_start(CODE, CODE + len(code))
    found = engine.mem_read(request["address"], len(memory)).hex() if memory else ""
    say({"done": registers(), "memory": found})
