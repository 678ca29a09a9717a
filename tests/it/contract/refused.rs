//! What is refused: nothing of it changes anything, on any route, by GET or by POST.

use reqwest::Method;
use sharedphone::simulator::Options;
use sharedphone::urls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Scene, another_token, leg_url};
use crate::client::Params;

/// The proof that the other tests here can fail: unspoilt, each of the webhooks changes something.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_webhooks_change_something_if_they_are_not_spoilt() {
    for method in [Method::GET, Method::POST] {
        let scene = Scene::with(&["Ada", "Ben", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon"]).await;
        for webhook in scene.webhooks(&method) {
            let before = scene.record().await;
            assert!(webhook.send().await.status < 300, "{webhook}");
            assert_ne!(scene.record().await, before, "{webhook}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_webhook() {
    let scene = Scene::with(&["Ada"]).await;
    scene.refuses(scene.all_webhooks(), 403, |webhook| webhook.signature = None).await;
    scene.refuses(scene.all_webhooks(), 403, |webhook| webhook.signature = Some(String::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_signed_with_another_token() {
    let scene = Scene::with(&["Ada"]).await;
    scene.refuses(scene.all_webhooks(), 403, |webhook| webhook.sign(&another_token())).await;
    scene.refuses(scene.all_webhooks(), 403, |webhook| webhook.sign("")).await;
    // The account's SID is known to anybody who ever saw a webhook.
    scene.refuses(scene.all_webhooks(), 403, |webhook| webhook.sign(&Options::default().account_sid)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_parameter_was_altered() {
    let scene = Scene::with(&["Ada"]).await;
    scene.refuses(scene.all_webhooks(), 403, |webhook| webhook.params.set("From", "+15557770001")).await;
    scene.refuses(scene.all_webhooks(), 403, |webhook| webhook.params.set("Digits", "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_with_a_parameter_more_or_less() {
    let scene = Scene::with(&["Ada"]).await;
    scene.refuses(scene.all_webhooks(), 403, |webhook| webhook.params.set("AnsweredBy", "human")).await;
    scene.refuses(scene.all_webhooks(), 403, |webhook| webhook.params.set("a", "")).await;
    scene.refuses(scene.all_webhooks(), 403, |webhook| webhook.params.remove("ApiVersion")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_with_the_signature_of_another_path() {
    let scene = Scene::with(&["Ada"]).await;
    let moved = |path: &'static str| {
        move |webhook: &mut crate::client::Webhook| {
            let real = std::mem::replace(&mut webhook.path, path.to_owned());
            webhook.sign_again();
            webhook.path = real;
        }
    };
    scene.refuses(scene.all_webhooks(), 403, moved("/twilio/elsewhere")).await;
    let not_updates = |webhooks: Vec<crate::client::Webhook>| {
        webhooks.into_iter().filter(|webhook| webhook.path != urls::UPDATES).collect()
    };
    scene.refuses(not_updates(scene.all_webhooks()), 403, moved(urls::UPDATES)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_query_was_altered() {
    let scene = Scene::with(&["Ada", "Ben"]).await;
    let (ada, ben) = (&scene.legs[0], &scene.legs[1]);
    let of_leg = |method: Method| {
        let webhooks = scene.webhooks(&method).into_iter();
        webhooks.filter(|webhook| webhook.path.contains("?leg=")).collect::<Vec<_>>()
    };
    let other =
        |id: &str| if id.contains(&ada.id) { id.replace(&ada.id, &ben.id) } else { id.replace(&ben.id, &ada.id) };
    for method in [Method::GET, Method::POST] {
        scene.refuses(of_leg(method.clone()), 403, |webhook| webhook.path = other(&webhook.path)).await;
        scene.refuses(of_leg(method.clone()), 403, |webhook| webhook.path += "&leg=1").await;
        scene.refuses(of_leg(method), 403, |webhook| webhook.path = webhook.path.replace("?leg=", "?LEG=")).await;
    }
    // A caller's webhook that is made into a leg's.
    let callers = [scene.twilio.post(urls::FALLBACK, &Params::of_line(&ada.sid))].to_vec();
    scene.refuses(callers, 403, |webhook| webhook.path = leg_url(urls::FALLBACK, &ada.id)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_body_is_over_the_limit() {
    let scene = Scene::with(&["Ada"]).await;
    let posts = scene.webhooks(&Method::POST);
    scene
        .refuses(posts, 413, |webhook| {
            webhook.params.set("Filling", "x".repeat(64 * 1024));
            webhook.sign_again();
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_far_too_much_before_they_listen_hears_so() {
    let scene = Scene::with(&["Ada"]).await;
    let mut webhook = scene.webhooks(&Method::POST).remove(0);
    webhook.params.set("Filling", "x".repeat(900 * 1024));
    let host = scene.stage.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    let mut alive = scene.twilio.get("/healthz", &Params::default());
    alive.signature = None;
    for part in webhook.on_the_wire(host).chunks(64 * 1024) {
        stream.write_all(part).await.expect("all of it is taken");
        // The service has seen that part when it answers this.
        assert_eq!(alive.send().await.status, 200);
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(answer, *b"HTTP/1.1 413");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_without_a_call_sid() {
    let scene = Scene::with(&["Ada"]).await;
    scene
        .refuses(scene.all_webhooks(), 400, |webhook| {
            webhook.params.remove("CallSid");
            webhook.sign_again();
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_call_sid_is_none() {
    let scene = Scene::with(&["Ada"]).await;
    let account = Options::default().account_sid;
    let good = scene.caller.as_str();
    let doubled = good.repeat(2);
    let cut = &good[..33];
    let nul = format!("{cut}\0");
    let quoted = format!("CA'; DROP TABLE calls; --{}", &good[..10]);
    let lower = good.to_lowercase().replacen("ca", "cA", 1);
    for sid in ["", "CA", cut, &doubled, &account, &nul, &quoted, &lower, "CAgggggggggggggggggggggggggggggggg"] {
        scene
            .refuses(scene.all_webhooks(), 400, |webhook| {
                webhook.params.set("CallSid", sid);
                webhook.sign_again();
            })
            .await;
    }
    scene
        .refuses(scene.all_webhooks(), 400, |webhook| {
            webhook.params.set("CallSid", b"CA\xff\xfe");
            webhook.sign_again();
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_no_account_or_of_anothers() {
    let scene = Scene::with(&["Ada"]).await;
    scene
        .refuses(scene.all_webhooks(), 403, |webhook| {
            webhook.params.remove("AccountSid");
            webhook.sign_again();
        })
        .await;
    for account in ["", "ACbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0"] {
        scene
            .refuses(scene.all_webhooks(), 403, |webhook| {
                webhook.params.set("AccountSid", account);
                webhook.sign_again();
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_body_is_no_form() {
    let scene = Scene::with(&["Ada"]).await;
    for content_type in ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "nonsense"] {
        let posts = scene.webhooks(&Method::POST);
        scene.refuses(posts, 415, |webhook| webhook.content_type = Some(content_type.to_owned())).await;
    }
    scene.refuses(scene.webhooks(&Method::POST), 415, |webhook| webhook.content_type = None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_method() {
    let scene = Scene::with(&["Ada"]).await;
    let unknown = Method::from_bytes(b"CALL").expect("a method");
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::HEAD, unknown] {
        scene
            .refuses(scene.webhooks(&Method::POST), 405, |webhook| {
                webhook.method = method.clone();
                webhook.sign_again();
            })
            .await;
    }
}
