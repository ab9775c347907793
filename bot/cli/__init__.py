"""The command line.

main         the commands, and what becomes of errors
commands/    what each of them does
options      what several of them take
output       lines, JSON and exit statuses
answer_text  an answer as the terminal shows it
answer_json  an answer as JSON: the contract that scripts rely on
"""
