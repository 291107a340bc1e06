//! What must never be judged: how somebody sounds, seems or is. Only what was said counts.
//!
//! [`forbidden_in_criterion`] refuses criteria that ask for it, when an interview is written.
//! [`forbidden_in_rationale`] looks at what an evaluator wrote. Both work on lists of words and phrases: a net against
//! carelessness, no proof that a criterion is fair. The lists are narrow on purpose: "confidence interval",
//! "sales pitch", "energy supplier" and "voice of the customer" pass.

/// What a phrase of the lists is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Sound of the voice, pronunciation.
    Voice,
    /// Accent, dialect, being a native speaker.
    Accent,
    /// Speed, pauses, hesitation, filler words.
    Pace,
    /// Feelings, mood, body language.
    Affect,
    /// Seeming sure of oneself.
    Confidence,
    /// Sex, age, origin, religion, health, family.
    Person,
}

impl Ground {
    /// In words, for an error.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "how a voice sounds",
            Self::Accent => "an accent or a mother tongue",
            Self::Pace => "how fast or fluently somebody speaks",
            Self::Affect => "feelings or body language",
            Self::Confidence => "how sure of themselves somebody seems",
            Self::Person => "who somebody is",
        }
    }
}

/// A forbidden thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub ground: Ground,
    /// The phrase of the list.
    pub phrase: &'static str,
}

/// Phrases that are forbidden in every text about a criterion: words in lower case; `*` at the end of a word stands for
/// any ending. Each is about a candidate and nothing else, as far as a phrase can be.
const PHRASES: &[(Ground, &str)] = &[
    (
        Ground::Voice,
        "tone of voice|tone of their voice|voice quality|quality of voice|quality of the voice|vocal tone|\
         vocal quality|vocal delivery|vocal variety|vocal pitch|vocal energy|vocally|speaking voice|clear voice|\
         calm voice|\
         steady voice|firm voice|strong voice|weak voice|loud voice|soft voice|quiet voice|warm voice|pleasant voice|\
         friendly voice|shaky voice|trembling voice|monotonous voice|monotone voice|monotone delivery|in a monotone|\
         intonation|pitch of voice|pronunciation|pronounces|enunciat*|mumbl*|speaks loudly|speaks softly|\
         speaks clearly|sounds pleasant|pleasant sounding|volume of voice|warmth of voice|speech impediment|lisping",
    ),
    (
        Ground::Accent,
        "accent|accents|accented|accentless|regional dialect|speaks dialect|speaks a dialect|native speaker*|\
         native english|native sounding|mother tongue|foreign sounding|nonnative speaker*|english is not their",
    ),
    (
        Ground::Pace,
        "pace of speech|speech pace|speaking pace|pace of speaking|speech rate|rate of speech|speaking rate|\
         speaking speed|speed of speech|speaks fast|speaks quickly|speaks slowly|speaks slow|talks fast|talks quickly|\
         talks slowly|filler word*|without hesitation|without hesitating|hesitates before|hesitation before|hesitantly|\
         candidate hesitat*|stutter*|stammer*|pauses in speech|long pauses before|long pauses while|awkward pauses|\
         pauses before answering|speaks fluently|speaks fluent|fluent speech|fluency of speech|verbal fluency|\
         speech fluency|fluent delivery|eloquen*|speaks smoothly|answers without pausing",
    ),
    (
        Ground::Affect,
        "body language|facial expression*|eye contact|flat affect|affect display|emotional tone|shows emotion*|\
         displays emotion*|expresses emotion*|candidate s emotion*|candidate s mood|seems nervous|appears nervous|\
         sounds nervous|is nervous|nervousness|nervously|seems anxious|appears anxious|sounds anxious|enthusias*|\
         passionate*|charisma*|likable*|likability|likeable*|likeability|cheerful*|smile|smiles|smiling|seems happy|\
         appears happy|sounds happy|sounds bored|seems bored|sounds interested|sounds sad|seems stressed|\
         sounds stressed|sounds energetic|seems energetic|is energetic|energetic manner|energetic delivery|\
         positive energy|demeanor|demeanour|good vibe*|sounds eager|seems eager|appears calm|sounds calm|seems calm",
    ),
    (
        Ground::Confidence,
        "self confiden*|self assur*|sounds sure|seems sure|sounds confident|seems confident|appears confident|\
         is confident|confident manner|confident tone|confident delivery|speaks confidently|answers confidently|\
         speaks with confidence|answers with confidence|lacks confidence|shows confidence|candidate s confidence",
    ),
    (
        Ground::Person,
        "gender of the candidate|candidate s gender|sex of the candidate|male candidate*|female candidate*|\
         sounds masculine|sounds feminine|age of the candidate|candidate s age|young candidate*|old candidate*|\
         older candidate*|younger candidate*|youthful*|ethnicity|ethnic background|ethnic origin|\
         nationality of the candidate|candidate s nationality|candidate s religion|candidate s country|\
         candidate s skin|candidate s disability|candidate is pregnant|marital status|sexual orientation|\
         physical appearance|good looking",
    ),
];

/// Names that say by themselves what is judged: refused as the whole name or id of a criterion.
const WHOLE_NAMES: &[(Ground, &str)] = &[
    (Ground::Voice, "voice|tone|pitch|volume|loudness|articulation|diction"),
    (Ground::Accent, "dialect"),
    (Ground::Pace, "pace|speed|pauses|fluency|fluent|hesitation"),
    (Ground::Affect, "affect|emotion|emotions|mood|energy|warmth|passion|nervousness"),
    (Ground::Person, "age|sex|gender|race|origin|nationality|religion|appearance"),
];

/// Words for confidence; a compound of [`MEASURES`] makes them statistics.
const CONFIDENCE: &[&str] = &["confidence", "confident", "confidently"];
const MEASURES: &[&str] = &[
    "interval",
    "intervals",
    "level",
    "levels",
    "limit",
    "limits",
    "bound",
    "bounds",
    "score",
    "scores",
    "band",
    "bands",
    "region",
    "regions",
    "threshold",
    "thresholds",
    "coefficient",
];
const BEFORE_MEASURES: &[&str] = &["statistical", "model", "prediction", "customer", "user", "consumer", "investor"];

/// Words that a rationale may not lean on either, though a criterion may hold them in another sense. Only the rationale
/// is dropped for them.
const RATIONALE_WORDS: &[(Ground, &str)] = &[
    (Ground::Voice, "voice|tone|sounds|sounded|sounding|audible|inaudible|monotone"),
    (Ground::Accent, "dialect|native|foreign|foreigner"),
    (Ground::Pace, "pace|fluent|fluently|fluency|pauses|pausing|hesitat*|hesitant|filler|fillers|um|uh"),
    (
        Ground::Affect,
        "affect|emotion|emotions|emotional|mood|calm|calmly|energy|energetic|happy|sad|nervous|anxious|eager",
    ),
    (Ground::Confidence, "insecure|unsure|timid|shy|assertive"),
    (
        Ground::Person,
        "male|female|man|woman|boy|girl|lady|gentleman|gender|age|aged|elderly|young|youth|immigrant|ethnic|\
         disability|religion|religious|married|pregnant|race|nationality",
    ),
];

/// What of a criterion's name, id, description or anchor must not be judged; `is_name` for name and id.
pub fn forbidden_in_criterion(text: &str, is_name: bool) -> Option<Found> {
    let words = words(text);
    let all = words.join(" ");
    let by_name = || in_table(WHOLE_NAMES, |name| name == all);
    let by_phrase = in_table(PHRASES, |phrase| contains(&words, phrase)).or_else(|| confidence_in(&words));
    by_phrase.or_else(|| is_name.then(by_name).flatten())
}

/// A ground on which nobody may be judged, in what an evaluator wrote.
pub fn forbidden_in_rationale(text: &str) -> Option<RationaleFault> {
    let words = words(text);
    if let Some(found) = in_table(PHRASES, |phrase| contains(&words, phrase)) {
        return Some(RationaleFault::Ground(found));
    }
    let single = || in_table(RATIONALE_WORDS, |word| contains(&words, word));
    confidence_in(&words).or_else(single).map(RationaleFault::Wording)
}

/// How bad it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RationaleFault {
    /// It plainly judges by it: neither the rationale nor its level can stand.
    Ground(Found),
    /// It may mean something else: the rationale is dropped, the level stands on its quotes.
    Wording(Found),
}

fn in_table(table: &[(Ground, &'static str)], holds: impl Fn(&str) -> bool) -> Option<Found> {
    let mut all = table.iter().flat_map(|(ground, phrases)| phrases.split('|').map(|phrase| (*ground, phrase)));
    all.find(|(_, phrase)| holds(phrase)).map(|(ground, phrase)| Found { ground, phrase })
}

/// Do the words of the phrase stand in `words` one after the other?
fn contains(words: &[String], phrase: &str) -> bool {
    let wanted: Vec<&str> = phrase.split(' ').collect();
    let fits = |word: &str, wanted: &str| match wanted.strip_suffix('*') {
        Some(beginning) => word.starts_with(beginning),
        None => word == wanted,
    };
    words.windows(wanted.len()).any(|window| window.iter().zip(&wanted).all(|(word, wanted)| fits(word, wanted)))
}

fn confidence_in(words: &[String]) -> Option<Found> {
    let is_measure = |at: usize| {
        let after = words.get(at + 1).is_some_and(|word| MEASURES.contains(&word.as_str()));
        after || (at > 0 && BEFORE_MEASURES.contains(&words[at - 1].as_str()))
    };
    let found = words.iter().enumerate().find_map(|(at, word)| {
        let phrase = CONFIDENCE.iter().find(|phrase| *phrase == word)?;
        (!is_measure(at)).then_some(*phrase)
    })?;
    Some(Found { ground: Ground::Confidence, phrase: found })
}

/// Words in lower case: runs of letters and digits, so that "self-confidence" and "tone_of_voice" are their parts.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    parts.map(str::to_lowercase).collect()
}
