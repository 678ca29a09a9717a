//! Case names: two neutral words by which people speak of a call, so that no number and no person's
//! name is needed in talk, in a text or in a subject line. Owns the words and the order in which
//! they are given out, which tells nobody how many calls there were or which came first.
//!
//! The words are short, easily spoken and spelled, and far from each other in sound. None is a
//! person's name, a part of the body, an animal or a feeling, and none has a second meaning that
//! would hurt beside a report.

use std::fmt;

use sha2::{Digest, Sha256};

/// How many names there are before a number has to be appended.
const NAMES: u64 = 1 << 16;

/// How often the halves are mixed; with three, order would shine through.
const ROUNDS: u8 = 4;

/// The name of a call among people, such as `amethyst-meadow`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseName(String);

impl CaseName {
    /// The name of the call with this number, counted without gaps. With the same `key` no two
    /// numbers have the same name; without it nobody can tell the number from the name. From the
    /// number 65,536 on, `-2`, `-3` and so on is appended.
    pub fn of(number: u64, key: &[u8]) -> Self {
        let lap = number / NAMES;
        let [left, right] = mixed(number, lap, key);
        let words = format!("{}-{}", word(FIRST, left), word(SECOND, right));
        Self(if lap == 0 { words } else { format!("{words}-{}", lap + 1) })
    }

    /// A name as the database has it.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name as it is written and stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn word(words: &'static str, place: u8) -> &'static str {
    words.split_ascii_whitespace().nth(usize::from(place)).unwrap_or_default()
}

/// A Feistel network over the last two bytes of `number`, its place in the lap: whatever the round
/// function does, no two places come to the same pair.
fn mixed(number: u64, lap: u64, key: &[u8]) -> [u8; 2] {
    let [.., mut left, mut right] = number.to_be_bytes();
    for round in 0..ROUNDS {
        (left, right) = (right, left ^ stirred(right, round, lap, key));
    }
    [left, right]
}

fn stirred(half: u8, round: u8, lap: u64, key: &[u8]) -> u8 {
    let hasher = Sha256::new_with_prefix(b"sharedphone-case-name-v1");
    let digest = hasher.chain_update([half, round]).chain_update(lap.to_be_bytes()).chain_update(key).finalize();
    digest[0]
}

/// The first words: colours, stuffs, weather and the like.
const FIRST: &str = "\
    acacia acoustic agate almond alpine amethyst anemone angular antique apricot arched arctic artichoke atlantic \
    azure bamboo baobab barley basalt beige birch blue blueberry boreal breezy bright brilliant brisk broccoli \
    bronze buttercup camellia canvas carbon cardamom cardboard carrot cashew cedar celestial central ceramic \
    chalky chamomile chilly chrome cinnamon circular citrus classic cloudy clover coastal cobalt conical cool \
    copper corduroy coriander cornflower cosmic cotton cranberry crimson crisp crocus cubic cypress daffodil \
    damson dandelion dappled denim diagonal digital dotted double driftwood drizzly electric enamel fennel flannel \
    flint foggy frosty gardenia garnet geranium gleaming global glowing golden granite grapefruit graphite grassy \
    green gusty gypsum harvest hawthorn hazelnut hexagonal hibiscus hickory highland hyacinth indigo knitted \
    lakeside lavender leafy lemon lentil level lilac limestone linen lofty lotus lucid luminous lunar lupin \
    magenta magnolia mahogany malachite mango maple marble marigold marine maritime mauve mellow melodic mica \
    millet minty mirrored modern monthly moonstone mossy mottled mulberry mustard narrow nautical neon neutral \
    nickel nimble nutmeg oaten obsidian ochre onyx optical orange oregano oval overcast parallel parsley parsnip \
    pastel pecan pineapple pistachio placid platinum polished poplar porcelain prime primrose pumice purple pyrite \
    quartz quilted quince radiant rainy raisin raspberry regional rhubarb rippled riverside rotary round russet \
    rustic saffron sandalwood sandstone sapphire seaside sepia serene sesame shimmering silver slate solar sonic \
    sorghum sparkling speckled spinach spiral spruce square starlit stellar strawberry striped stucco sunflower \
    sunlit sycamore tangerine tapered tarragon tawny teak temperate terracotta thermal thistle tinted titanium \
    topaz tranquil triple tropical turmeric turnip turquoise tweed twilight upland vernal vertical vintage wintry \
    wisteria woollen woven zigzag zinc zircon";

/// The second words: places and things.
const SECOND: &str = "\
    abacus accordion acorn almanac altimeter aqueduct arcade archway astrolabe atlas avenue backpack bakery \
    balloon bandstand banjo barometer basin basket bassoon beacon bicycle blueprint bobbin bookcase bookmark \
    boulevard bracelet bridge bucket buckle button cabin cable calendar canal canopy canyon caravan cardigan \
    carillon carousel cascade castanet castle causeway cavern cello chalet chandelier chessboard chimney clarinet \
    clock cogwheel colonnade comet compass courtyard cove crayon creek delta domino drawbridge drum dynamo easel \
    eclipse emblem envelope equator equinox eraser estuary farmyard ferry field fjord flag flagstone flowerpot \
    folder footbridge foundry fountain galaxy gazebo glacier glider globe gondola gong gramophone granary grotto \
    grove guitar gyroscope harmonica harp headland hedge horizon hydrant icicle inkwell inlet island jetty jigsaw \
    junction kayak kettle keystone kite ladder ladle lagoon lamp lantern latitude ledger lighthouse magnet mailbox \
    mandolin marmalade mast meadow meridian mesa meteor metronome microscope milestone mitten monocle monorail \
    monsoon mosaic nebula notebook oasis oboe ocean orbit orchard paintbrush pancake paperclip parachute parcel \
    pasture patchwork pathway pavilion pebble pencil pendulum pennant periscope piano pinecone pinwheel planet \
    plateau platter plaza pocket pond postcard prairie pretzel prism protractor pyramid quarry raft railway \
    raindrop ravine reef ribbon rotunda roundabout rowboat sailboat satchel satellite saucer savanna sawmill scarf \
    scooter seashell seesaw shelf shuttle signpost skateboard skylight sledge snowfall solstice spindle spool \
    sprinkler sprocket stamp stencil stream suitcase summit sundial tambourine tapestry tassel teacup teapot \
    teaspoon telescope thimble timber toboggan torch tower tractor trellis trolley tuba tundra tunnel turnstile \
    typewriter ukulele umbrella unicycle valley vase veranda viaduct vineyard volcano waffle wagon wallet wharf \
    windmill window woodland xylophone yacht yardstick zeppelin zither";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn words() -> Vec<&'static str> {
        FIRST.split_ascii_whitespace().chain(SECOND.split_ascii_whitespace()).collect()
    }

    /// How many letters must be added, dropped or exchanged to come from one word to the other.
    fn distance(from: &str, to: &str) -> usize {
        let mut row: Vec<usize> = (0..=to.len()).collect();
        for (i, a) in from.bytes().enumerate() {
            let mut diagonal = row[0];
            row[0] = i + 1;
            for (j, b) in to.bytes().enumerate() {
                let exchanged = diagonal + usize::from(a != b);
                diagonal = row[j + 1];
                row[j + 1] = exchanged.min(diagonal + 1).min(row[j] + 1);
            }
        }
        row[to.len()]
    }

    #[test]
    fn there_are_two_times_256_short_words_and_no_two_are_nearly_the_same() {
        assert_eq!(FIRST.split_ascii_whitespace().count(), 256);
        assert_eq!(SECOND.split_ascii_whitespace().count(), 256);
        let words = words();
        for (place, word) in words.iter().enumerate() {
            assert!((3..=10).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase()), "{word}");
            for other in &words[place + 1..] {
                assert!(distance(word, other) > 1, "{word} and {other} are easily confused");
            }
        }
    }

    #[test]
    fn no_two_of_the_first_65536_calls_have_the_same_name() {
        let places: BTreeSet<[u8; 2]> = (0..NAMES).map(|number| mixed(number, 0, b"key")).collect();
        assert_eq!(places.len(), 65_536);
        let words: BTreeSet<&str> = words().into_iter().collect();
        assert_eq!(words.len(), 512, "each place has words of its own");
        assert_eq!(CaseName::of(NAMES - 1, b"key").as_str().split('-').count(), 2);
    }

    #[test]
    fn later_calls_have_a_number_behind_their_names() {
        for (number, end) in [(NAMES, "-2"), (2 * NAMES - 1, "-2"), (2 * NAMES, "-3")] {
            let name = CaseName::of(number, b"key");
            assert!(name.as_str().ends_with(end), "{name}");
        }
        let second: BTreeSet<CaseName> = (NAMES..NAMES + 1000).map(|number| CaseName::of(number, b"key")).collect();
        assert_eq!(second.len(), 1000);
    }

    #[test]
    fn names_depend_on_the_key_and_do_not_show_the_order() {
        let of = |key: &[u8]| (0..100).map(|number| CaseName::of(number, key)).collect::<Vec<_>>();
        assert_eq!(of(b"one"), of(b"one"));
        let same = of(b"one").iter().zip(of(b"two")).filter(|(a, b)| *a == b).count();
        assert_eq!(same, 0, "another key gives other names");
        let names = of(b"one");
        let neighbours = names.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((30..70).contains(&neighbours), "{neighbours} of 99 follow each other in the alphabet");
        let first_words: BTreeSet<_> = names.iter().filter_map(|name| name.as_str().split('-').next()).collect();
        assert!(first_words.len() > 60, "{} first words among 100 names", first_words.len());
    }
}
