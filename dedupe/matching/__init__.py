"""From vectors to groups: neighbours, the relation of each pair, groups, and which photo of a group stays."""
