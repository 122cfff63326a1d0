from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")

first = client.predict(decision="refused", limit=1, api_name="/clients")["clients"][0]
score = client.predict(first["client_id"], {"AMT_CREDIT": 270000}, api_name="/score_client")
print(score["probability"], score["decision"], score["contributions"][0])

photo = handle_file("photo.jpg")
for model, answer in client.predict(photo, [], api_name="/classify_image")["models"].items():
    print(model, answer["label"], answer["probabilities"][answer["label"]])
print(client.predict(photo, "yolov8", "grad-cam", api_name="/explain_image"))  # the path of a PNG file
