"""What is planted in the benchmarks' reviews: facts, each with a question in its own words and one in others.

The second question shares no telling word with the sentence that answers it, so that no lexical index alone finds it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence and what is asked for it.

    Attributes:
        heading: of the section that it stands in.
        sentence: the answer.
        lexical: a question that uses the sentence's words.
        paraphrase: a question that doesn't.
    """

    heading: str
    sentence: str
    lexical: str
    paraphrase: str


FACTS = (
    Fact(
        "The Lamp",
        "The lighthouse keeper drowns while he repairs the lamp in the middle of a storm.",
        "When does the lighthouse keeper drown?",
        "How does the man who tends the beacon die?",
    ),
    Fact(
        "The Wedding",
        "At the wedding the bride leaves by the kitchen window before anybody has toasted her.",
        "How does the bride leave the wedding?",
        "What way out does the woman getting married choose?",
    ),
    Fact(
        "A Violin",
        "He pawns the violin that his grandfather carried across the border to pay for the surgery.",
        "Why does he pawn the violin?",
        "What heirloom is given up to afford an operation?",
    ),
    Fact(
        "The Courtroom",
        "The judge dismisses the case because the only witness was asleep in the back of a taxi.",
        "Why does the judge dismiss the case?",
        "What makes the trial collapse?",
    ),
    Fact(
        "Snow",
        "The whole of the last reel was shot on salt, since no snow fell in the mountains that winter.",
        "Why was the last reel shot on salt?",
        "What stood in for the white landscape during filming?",
    ),
    Fact(
        "The Dog",
        "The stray dog that follows the postman home turns out to belong to the mayor.",
        "Who does the stray dog belong to?",
        "Whose pet is it that trails the mail carrier?",
    ),
    Fact(
        "Bees",
        "The beekeeper refuses to sell her honey to the hotel that poisoned the river.",
        "Why does the beekeeper refuse to sell her honey to the hotel?",
        "What reason does the woman with the hives give for boycotting a guesthouse?",
    ),
    Fact(
        "The Score",
        "The composer recorded the music in an empty swimming pool for its echo.",
        "Where did the composer record the music?",
        "What gave the soundtrack its reverberation?",
    ),
    Fact(
        "The Twins",
        "The twins swap passports at the airport, and neither of them ever swaps back.",
        "Where do the twins swap passports?",
        "How do the identical siblings trade lives?",
    ),
    Fact(
        "The Chess Match",
        "She loses the chess final on purpose so that her brother can keep his scholarship.",
        "Why does she lose the chess final on purpose?",
        "What does the sister sacrifice in the board game tournament?",
    ),
    Fact(
        "The Bakery",
        "The baker hides refugees in the flour cellar until the soldiers have left town.",
        "Where does the baker hide the refugees?",
        "How are the people fleeing kept out of the army's sight?",
    ),
    Fact(
        "Casting",
        "The part of the nun was written for an opera singer who withdrew a week before shooting.",
        "Who was the part of the nun written for?",
        "Which performer quit just ahead of production?",
    ),
    Fact(
        "The Diary",
        "The diary is burned by the housekeeper, who cannot read a word of it.",
        "Who burns the diary?",
        "How is the private journal destroyed?",
    ),
    Fact(
        "The Train",
        "The night train stops in the desert because the driver has fallen in love with a passenger.",
        "Why does the night train stop in the desert?",
        "What romance delays the railway journey?",
    ),
    Fact(
        "Shadows",
        "Every murder in the film is shown only as a shadow on a laundry sheet.",
        "How is every murder in the film shown?",
        "What keeps the killings off the screen?",
    ),
    Fact(
        "The Orchard",
        "The orchard is sold to pay the ransom for the kidnapped accountant.",
        "Why is the orchard sold?",
        "How do they raise money to free the abducted bookkeeper?",
    ),
    Fact(
        "Silence",
        "Nobody speaks for the first eleven minutes of the picture.",
        "For how long does nobody speak in the picture?",
        "How much of the opening has no dialogue?",
    ),
    Fact(
        "The Surgeon",
        "The surgeon has gone blind in one eye and hides it from the hospital.",
        "What does the surgeon hide from the hospital?",
        "What secret about his eyesight does the doctor keep?",
    ),
    Fact(
        "The Parrot",
        "A parrot repeats the safe's combination to the burglars.",
        "What does the parrot repeat to the burglars?",
        "How do the thieves learn the code?",
    ),
    Fact(
        "The Inheritance",
        "The old miser leaves his fortune to the girl who returned his umbrella.",
        "Who does the old miser leave his fortune to?",
        "What small kindness makes a young stranger rich?",
    ),
    Fact(
        "Costumes",
        "All the uniforms were sewn from the curtains of a closed theatre.",
        "What were the uniforms sewn from?",
        "Where did the wardrobe department get its fabric?",
    ),
    Fact(
        "The Submarine",
        "The submarine crew votes to ignore the order to launch the missile.",
        "What does the submarine crew vote to ignore?",
        "How do the sailors underwater disobey their command?",
    ),
    Fact(
        "The Teacher",
        "The teacher is fired for letting the pupils grade one another.",
        "Why is the teacher fired?",
        "What costs the schoolmaster his job?",
    ),
    Fact(
        "Colour",
        "The film turns from black and white to colour when the widow first laughs.",
        "When does the film turn from black and white to colour?",
        "What moment of joy transforms the look of the picture?",
    ),
    Fact(
        "The Bridge",
        "The engineer confesses that the bridge fell because he had copied another man's sums.",
        "Why did the bridge fall, as the engineer confesses?",
        "What plagiarism led to the disaster?",
    ),
    Fact(
        "The Circus",
        "The acrobat keeps performing with a broken wrist to protect the elephants from being sold.",
        "Why does the acrobat keep performing with a broken wrist?",
        "What animals does the injured tumbler want to save?",
    ),
    Fact(
        "The Letter",
        "The letter reaches her forty years late, behind the panels of a demolished post office.",
        "How late does the letter reach her?",
        "Where had the old message been lost for decades?",
    ),
    Fact(
        "The Ghost",
        "The ghost haunts the lift and never the house itself.",
        "Which part of the building does the ghost haunt?",
        "Where does the dead spirit appear?",
    ),
    Fact(
        "Reception",
        "At its premiere half of the audience walked out during the butcher's monologue.",
        "When did half of the audience walk out at the premiere?",
        "Which scene drove viewers from the first screening?",
    ),
    Fact(
        "The Garden",
        "The gardener grows poppies over the grave to mark where the gold lies.",
        "Why does the gardener grow poppies over the grave?",
        "Which flowers show the spot of the hidden treasure?",
    ),
    Fact(
        "The Translator",
        "The interpreter deliberately mistranslates the threat, and so prevents a war.",
        "What does the interpreter deliberately mistranslate?",
        "How does a language expert keep two nations at peace?",
    ),
    Fact(
        "The Boxer",
        "The boxer retires after he recognises his opponent as his own son.",
        "Why does the boxer retire?",
        "What family tie ends the fighter's career?",
    ),
    Fact(
        "Hunger",
        "They survive the siege by boiling wallpaper for its glue.",
        "How do they survive the siege?",
        "What did the trapped citizens eat?",
    ),
    Fact(
        "The Clock",
        "The clockmaker sets every clock in the village wrong so that the execution comes too late.",
        "Why does the clockmaker set every clock in the village wrong?",
        "Whose trick with the time saves the condemned prisoner?",
    ),
    Fact(
        "The Ferry",
        "The ferry captain lets the stowaway steer during the fog.",
        "Who does the ferry captain let steer during the fog?",
        "What trust does the skipper show the hidden passenger?",
    ),
    Fact(
        "The Forger",
        "The forger signs his own name under the paint, where only an X-ray finds it.",
        "Where does the forger sign his own name?",
        "How can the counterfeit canvas be told from the original?",
    ),
    Fact(
        "The Radio",
        "The radio operator invents a football result each week to comfort the prisoners.",
        "Why does the radio operator invent a football result each week?",
        "What made-up broadcasts cheer the men in the camp?",
    ),
    Fact(
        "The Nurse",
        "The night nurse reads weather reports to the coma patient, who used to be a pilot.",
        "What does the night nurse read to the coma patient?",
        "How does someone on the ward care for an unconscious aviator?",
    ),
    Fact(
        "Dinner",
        "The dinner ends when the youngest guest serves the ambassador his own racehorse.",
        "How does the dinner end?",
        "What revenge is taken upon the diplomat at the table?",
    ),
    Fact(
        "The Map",
        "The explorer's map leads to a lake that dried up a century before he was born.",
        "Where does the explorer's map lead?",
        "Why is the adventurer's expedition doomed from the start?",
    ),
)
