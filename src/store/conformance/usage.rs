//! Usage: totals that are kept again change nothing, and each day has its own share.

use super::{at, new_session};
use crate::{
    domain::{
        auth::Owner,
        session::Change,
        usage::{Kind, Source, UsageTotal},
    },
    store::{
        SqlStore, Store,
        usage::{UsageGroup, UsageOfGroup, UsageQuery, day_of},
    },
};

const DAY_S: i64 = 86_400;

fn total(source: Source, kind: Kind, quantity: u64) -> UsageTotal {
    UsageTotal { source, model: "alpha".to_owned(), kind, quantity }
}

/// What is counted is there once, by session, day, interview and model, for its owner alone.
pub async fn check(store: &SqlStore) {
    let session = new_session(61);
    let (id, today) = (session.session_id.clone(), day_of(at(0)));
    store.create_session(session).await.expect("kept");
    let realtime = |quantity| total(Source::Realtime, Kind::InputAudio, quantity);
    for _ in 0..2 {
        store.apply(&id, 1, at(0), vec![Change::Usage(realtime(10))]).await.expect("kept");
    }
    store.apply(&id, 2, at(1), vec![Change::Usage(realtime(25))]).await.expect("kept");
    // Of the next day are only the 5 that came then, however often the total is kept.
    for sequence in [3, 4] {
        store.apply(&id, sequence, at(DAY_S), vec![Change::Usage(realtime(30))]).await.expect("kept");
    }
    for _ in 0..2 {
        let heard = vec![total(Source::SecondPass, Kind::Heard, 1_500), realtime(3)];
        store.put_usage(&id, "second_pass", at(DAY_S), heard).await.expect("kept");
    }
    // An older total that comes late changes nothing.
    store.put_usage(&id, "second_pass", at(DAY_S), vec![realtime(2)]).await.expect("kept");
    assert_eq!(store.usage_of_day(today).await.expect("read"), [realtime(25)]);
    let tomorrow = store.usage_of_day(today + 1).await.expect("read");
    assert_eq!(tomorrow, [realtime(5 + 3), total(Source::SecondPass, Kind::Heard, 1_500)]);
    let record = store.load_session(&id).await.expect("read").expect("there");
    assert_eq!(record.usage, [realtime(33), total(Source::SecondPass, Kind::Heard, 1_500)]);
    groups(store, today).await;
    let unknown = crate::domain::id::SessionId::new("ses_nobody");
    assert!(store.put_usage(&unknown, "second_pass", at(0), vec![realtime(1)]).await.is_err());
}

async fn groups(store: &SqlStore, today: i64) {
    let anna = Owner::User { sub: "anna".to_owned() };
    let asked = |owner: Option<Owner>, group, after: Option<&str>, limit| UsageQuery {
        owner,
        days: (today, today + 1),
        group,
        after: after.map(str::to_owned),
        limit,
    };
    let days = asked(Some(anna.clone()), UsageGroup::Day, None, 1);
    let page = store.usage(&days).await.expect("read");
    let first = today.to_string();
    let of_first = vec![total(Source::Realtime, Kind::InputAudio, 25)];
    assert_eq!(page, [UsageOfGroup { key: first.clone(), sessions: 1, totals: of_first }]);
    let next = asked(None, UsageGroup::Day, Some(&first), 10);
    let page = store.usage(&next).await.expect("read");
    assert_eq!(page.len(), 1);
    assert_eq!((page[0].key.as_str(), page[0].totals.len()), ((today + 1).to_string().as_str(), 2));
    for (group, key) in [(UsageGroup::Interview, "conformance"), (UsageGroup::Model, "alpha")] {
        let found = store.usage(&asked(Some(anna.clone()), group, None, 10)).await.expect("read");
        assert_eq!((found.len(), found[0].key.as_str(), found[0].sessions), (1, key, 1));
        assert_eq!(found[0].totals[0].quantity, 33);
    }
    let others = asked(Some(Owner::User { sub: "ben".to_owned() }), UsageGroup::Day, None, 10);
    assert!(store.usage(&others).await.expect("read").is_empty());
}
